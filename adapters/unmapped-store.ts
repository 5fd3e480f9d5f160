import {
  ConditionalCheckFailedException,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { GROUP_SHARDS, INBOX_PARTITIONS, type UnmappedGroup } from '../core/unmapped-group.ts';
import { N, readS, S, T, type Item } from './attributes.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Page } from './event-store.ts';
import { fromGroupItem, groupItemKey, inboxPk, unmappedPk, type GroupShard } from './unmapped-item.ts';

// Reading the unmapped index, and moving the fence and the swept mark of a group's shard (adapters/unmapped-item.ts).

export class UnmappedStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** Every shard of every group, in no particular order. For background work. */
  async *allShards(): AsyncGenerator<GroupShard> {
    for (let partition = 0; partition < INBOX_PARTITIONS; partition += 1) {
      let from: Item | undefined;
      do {
        const answer = await this.dynamo.send(
          new QueryCommand({
            TableName: this.table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': S(inboxPk(partition)) },
            ConsistentRead: true,
            ...(from !== undefined && { ExclusiveStartKey: from }),
          }),
        );
        yield* (answer.Items ?? []).map(fromGroupItem);
        from = answer.LastEvaluatedKey;
      } while (from !== undefined);
    }
  }

  async shard(unmappedIn: string): Promise<GroupShard | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: groupItemKey(unmappedIn), ConsistentRead: true }),
    );
    return item === undefined ? undefined : fromGroupItem(item);
  }

  /**
   * From now on no decision older than `generation` adds a row to this shard. Also makes the shard of a group that has
   * no rows yet, so that a decision in flight for a name that nobody has seen meets the fence too.
   */
  async raiseFence(group: UnmappedGroup, unmappedIn: string, generation: number): Promise<void> {
    const feature = group.kind === 'feature' ? { ':fi': T(group.featureId) } : {};
    await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: groupItemKey(unmappedIn),
        UpdateExpression:
          'SET fence = :g, swept = if_not_exists(swept, :none), en = :en' +
          (group.kind === 'feature' ? ', fi = :fi' : ''),
        ConditionExpression: 'attribute_not_exists(fence) OR fence < :g',
        ExpressionAttributeValues: { ':g': N(generation), ':none': N(0), ':en': T(group.name), ...feature },
      }),
    );
  }

  /** Records that every row was tried at `generation`. Only to be called for a sweep that began after raising the fence. */
  async markSwept(unmappedIn: string, generation: number): Promise<void> {
    await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: groupItemKey(unmappedIn),
        UpdateExpression: 'SET swept = :g',
        ConditionExpression: 'swept < :g AND fence >= :g',
        ExpressionAttributeValues: { ':g': N(generation) },
      }),
    );
  }

  /** Keys of the events in one shard, in key order, consistently read. */
  async rows(unmappedIn: string, limit: number, after?: string): Promise<readonly string[]> {
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk > :after',
        ExpressionAttributeValues: {
          ':pk': S(unmappedIn),
          ...(after !== undefined && { ':after': S(after) }),
        },
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return (answer.Items ?? []).map((item) => readS(item, 'sk'));
  }

  /** A page of unmapped events of one group over all its shards. */
  async eventKeys(group: UnmappedGroup, limit: number, cursor?: string): Promise<Page<string>> {
    const start = decodeCursor(cursor);
    const rows: string[] = [];
    let shard = Number(start?.['shard']?.S ?? '0');
    let after = start?.['after']?.S;
    while (shard < GROUP_SHARDS && rows.length < limit) {
      const page = await this.rows(unmappedPk(group, shard), limit - rows.length, after);
      rows.push(...page);
      after = page.at(-1);
      if (rows.length < limit) {
        shard += 1;
        after = undefined;
      }
    }
    if (shard >= GROUP_SHARDS || after === undefined) return { rows };
    const next = encodeCursor({ shard: S(String(shard)), after: S(after) });
    return { rows, ...(next !== undefined && { cursor: next }) };
  }

  private async unlessConditionFails(command: UpdateItemCommand): Promise<void> {
    try {
      await this.dynamo.send(command);
    } catch (error) {
      // Someone has already been there with a newer generation.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}
