import { randomUUID } from 'node:crypto';
import {
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { readS, S, type Item } from './attributes.ts';
import { parseQueueMessage, toQueueMessage } from './event-queue.ts';

// When SQS does not take the keys of stored events, a marker in DynamoDB does: the timer sends them later. Only written
// in that case, so it costs nothing while SQS works.

export interface RetryMarker {
  readonly id: string;
  readonly eventKeys: readonly string[];
}

const PK = 'retry';
const PAGE = 100;

export class RetryMarkers {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** When it returns, the keys are safe. Throws when DynamoDB does not take them either. */
  async write(eventKeys: readonly string[]): Promise<void> {
    // 4,000 keys are 100 KB: one item.
    await this.dynamo.send(
      new PutItemCommand({ TableName: this.table, Item: toItem(randomUUID(), eventKeys) }),
    );
  }

  /** Some markers; call again after removing them until there are none. */
  async some(): Promise<readonly RetryMarker[]> {
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(PK) },
        Limit: PAGE,
      }),
    );
    return (answer.Items ?? []).map((item) => ({
      id: readS(item, 'sk'),
      eventKeys: parseQueueMessage(readS(item, 'm')) ?? [],
    }));
  }

  async remove(id: string): Promise<void> {
    await this.dynamo.send(new DeleteItemCommand({ TableName: this.table, Key: { pk: S(PK), sk: S(id) } }));
  }
}

const toItem = (id: string, eventKeys: readonly string[]): Record<string, Item[string]> => ({
  pk: S(PK),
  sk: S(id),
  m: S(toQueueMessage(eventKeys)),
});

/** A marker that is written together with whatever makes these events wait to be processed. */
export const markerPut = (table: string, id: string, eventKeys: readonly string[]): TransactWriteItem => ({
  Put: { TableName: table, Item: toItem(id, eventKeys) },
});
