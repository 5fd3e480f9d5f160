import { randomBytes } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { B, readB, S } from './attributes.ts';

// What cursors are sealed with: 256 random bits that all containers share. Whichever needs them first makes them, under a
// condition, so there is only ever one secret; it never changes, so a container reads it once.

const KEY = { pk: S('secret'), sk: S('cursors') };

export class CursorSecret {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private known: Promise<Uint8Array> | undefined;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async get(): Promise<Uint8Array> {
    if (this.known === undefined) {
      const asked = this.readOrMake();
      this.known = asked;
      asked.catch(() => {
        // A failure is not remembered: the next request asks again.
        if (this.known === asked) this.known = undefined;
      });
    }
    return await this.known;
  }

  private async readOrMake(): Promise<Uint8Array> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: KEY, ConsistentRead: true }),
    );
    if (item !== undefined) return readB(item, 'b');
    const secret = randomBytes(32);
    try {
      await this.dynamo.send(
        new PutItemCommand({
          TableName: this.table,
          Item: { ...KEY, b: B(secret) },
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return secret;
    } catch (error) {
      // Another container was first, or our own write was, whose reply was lost: what is stored counts.
      if (!(error instanceof ConditionalCheckFailedException) || error.Item === undefined) throw error;
      return readB(error.Item, 'b');
    }
  }
}
