import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { dynamoClient, sqsClient } from '../../adapters/clients.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { readEnvironment } from '../../functions/ingest/environment.ts';
import { toTrackItem } from './track-item.ts';

// An ingest function that does nothing but its two calls: no key, no checks, no duplicates, no feed. What the local runtime
// makes of it is what a function costs there that is as fast as a function can be.

const { EVENTS_TABLE, EVENTS_QUEUE_URL } = readEnvironment(process.env);
const dynamo = dynamoClient();
const sqs = sqsClient();
const requestSchema = z.object({ body: z.string() });
const trackSchema = z.object({ messageId: z.string(), userId: z.string(), event: z.string() });

export async function handler(request: unknown): Promise<{ statusCode: number }> {
  const { body } = z.parse(requestSchema, request);
  const { key, item } = toTrackItem(z.parse(trackSchema, JSON.parse(body)), body);
  await dynamo.send(
    new PutItemCommand({
      TableName: EVENTS_TABLE,
      Item: item,
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  await sqs.send(new SendMessageCommand({ QueueUrl: EVENTS_QUEUE_URL, MessageBody: toQueueMessage([key]) }));
  return { statusCode: 200 };
}
