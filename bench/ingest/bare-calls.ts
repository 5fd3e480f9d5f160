import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Item } from '../../adapters/attributes.ts';
import { insertItems } from '../../adapters/insert-items.ts';
import type { Stub } from '../stub/stub.ts';

/** The calls that the ingest function makes for a request with new events. */
export async function bareCalls(
  { dynamo, sqs, queueUrl }: Stub,
  items: readonly Item[],
  message: string,
): Promise<void> {
  const [only] = items;
  if (items.length > 1 || only === undefined) await insertItems(dynamo, 'events', items);
  else {
    await dynamo.send(
      new PutItemCommand({
        TableName: 'events',
        Item: { ...only },
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  }
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: message }));
}

/** Requests repeat: they are made beforehand, and a turn takes as many as it has time for. */
export const nth = <Request>(requests: readonly Request[], n: number): Request => {
  const request = requests[n % requests.length];
  if (request === undefined) throw new Error('There are no requests.');
  return request;
};
