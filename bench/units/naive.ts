import { randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { EventPayload } from './scenarios.ts';
import type { Engine } from './engine.ts';
import { meter } from './metered-dynamo.ts';
import { meteredSqs, paidRequests } from './metered-sqs.ts';
import type { Cost } from './pipeline.ts';
import type { Index } from './write-units.ts';

// The pipeline that one writes first, with the same promise for each event and no thought of its cost: one event a request,
// stored as it came under its messageId; one message an event; one transaction of two items, the event and its user's
// counter; an index by user that holds whole items; three log lines. It has no totals of a feature, no users, no inbox.

export const LOG_BYTES_PER_EVENT = 3 * 250;
/** Lambda's default. */
const MESSAGES_PER_BATCH = 10;

const BY_USER: Index = { name: 'byUser', keys: ['u', 't'], projection: 'all' };

export interface NaiveOptions {
  /** Stores the body deflated instead of as text. */
  readonly deflated: boolean;
}

export async function runNaive(
  engine: Engine,
  events: readonly EventPayload[],
  { deflated }: NaiveOptions,
): Promise<Cost> {
  const eventsTable = await engine.createTable('naive-events', [BY_USER]);
  const usageTable = await engine.createTable('naive-usage', []);
  const dynamo = engine.client();
  const { take } = meter(dynamo, engine.client(), { [eventsTable]: [BY_USER] });
  const sqs = meteredSqs();

  for (const event of events) {
    const text = JSON.stringify(event);
    const pk = { S: `event#${event.messageId}` };
    await dynamo.send(
      new PutItemCommand({
        TableName: eventsTable,
        Item: {
          pk,
          sk: { S: 'event' },
          u: { S: `user#${event.userId}` },
          t: { S: event.timestamp },
          status: { S: 'received' },
          body: deflated ? { B: deflateRawSync(text) } : { S: text },
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    await sqs.client.send(
      new SendMessageCommand({ QueueUrl: 'https://sqs.invalid/0/naive', MessageBody: text }),
    );
    await dynamo.send(
      new GetItemCommand({ TableName: eventsTable, Key: { pk, sk: { S: 'event' } }, ConsistentRead: true }),
    );
    await dynamo.send(
      new TransactWriteItemsCommand({
        ClientRequestToken: randomUUID(),
        TransactItems: [
          {
            Update: {
              TableName: eventsTable,
              Key: { pk, sk: { S: 'event' } },
              UpdateExpression: 'SET #status = :mapped, featureId = :feature',
              ConditionExpression: '#status = :received',
              ExpressionAttributeNames: { '#status': 'status' },
              ExpressionAttributeValues: {
                ':mapped': { S: 'mapped' },
                ':received': { S: 'received' },
                ':feature': { S: 'messages' },
              },
            },
          },
          {
            Update: {
              TableName: usageTable,
              Key: { pk: { S: `user#${event.userId}` }, sk: { S: 'messages#2026-11-25' } },
              UpdateExpression: 'ADD #sum :delta, #count :one',
              ExpressionAttributeNames: { '#sum': 'sum', '#count': 'count' },
              ExpressionAttributeValues: { ':delta': { N: '1' }, ':one': { N: '1' } },
            },
          },
        ],
      }),
    );
  }
  const processes = Math.ceil(events.length / MESSAGES_PER_BATCH);
  return {
    events: events.length,
    consumed: take(),
    sqsRequests: paidRequests(sqs.take()),
    ingests: events.length,
    processes,
  };
}
