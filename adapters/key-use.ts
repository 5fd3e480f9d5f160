import {
  ConditionalCheckFailedException,
  PutItemCommand,
  QueryCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { N, readN, readS, S, type Item } from './attributes.ts';

// When each API key was last used, to the hour: enough to see that an old key is used no more and may be revoked. It is kept
// apart from the keys, so that what happens on every request never writes to what lets requests in.

const PK = 'key-use';
const INTERVAL_MS = 3_600_000;
/** For one small write. Nothing waits for it, but it must not pile up behind a store that hangs. */
const PATIENCE_MS = 1_000;

export class KeyUse {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  /** When this container last noted each key. Keys are few: it only holds those that exist. */
  private readonly noted = new Map<string, number>();

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /**
   * Notes that a key is in use, at most once an hour for all containers together, which the condition sees to. It returns
   * at once and never throws: no answer waits for it. A write that fails, or that a frozen container loses, is made up
   * for by a later use.
   */
  note(keyId: string, now: number): void {
    if (now - (this.noted.get(keyId) ?? -Infinity) < INTERVAL_MS) return;
    this.noted.set(keyId, now);
    this.write(keyId, now).catch((error: unknown) => {
      // Another container has noted it within the hour, which is as good.
      if (!(error instanceof ConditionalCheckFailedException)) this.noted.delete(keyId);
    });
  }

  /** By key id; a key that was never used has none. */
  async latest(): Promise<ReadonlyMap<string, number>> {
    const latest = new Map<string, number>();
    let from: Item | undefined;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': S(PK) },
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      for (const item of answer.Items ?? []) latest.set(readS(item, 'sk'), readN(item, 'at'));
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    return latest;
  }

  private async write(keyId: string, now: number): Promise<void> {
    await this.dynamo.send(
      new PutItemCommand({
        TableName: this.table,
        Item: { pk: S(PK), sk: S(keyId), at: N(now) },
        ConditionExpression: 'attribute_not_exists(pk) OR #at <= :before',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ':before': N(now - INTERVAL_MS) },
      }),
      { abortSignal: AbortSignal.timeout(PATIENCE_MS) },
    );
  }
}
