import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readS, S, type Item } from './attributes.ts';
import { batchGet } from './batch-get.ts';
import { mapAtMost } from './map-at-most.ts';
import { FEATURE_DAY_SHARDS, featureDayPk, fromUsageItem, type UsageRow } from './usage-item.ts';
import type { DayRange } from './usage-store.ts';

// Who has used a feature on which days: an index of the users' counter rows, keys only, so that a row is written to it when
// it is made and never when it counts (docs/decisions/0036). Eventually consistent: a row of this second may be missing.

const QUERIES_AT_ONCE = 24;
/** Rows behind a day that are asked for at once. */
const PAGE_ROWS = 1_000;

export interface UserUsage {
  /** The key part of the userId. */
  readonly userKey: string;
  readonly rows: readonly UsageRow[];
}

export class FeatureUsers {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** The rows of every user of this feature, up to about `rowsMax` of them. */
  async ofFeature(
    featureId: string,
    days: DayRange,
    rowsMax: number,
  ): Promise<{ readonly users: readonly UserUsage[]; readonly complete: boolean }> {
    const keys: Item[] = [];
    let complete = true;
    const partitions = daysIn(days).flatMap((day) =>
      Array.from({ length: FEATURE_DAY_SHARDS }, (_, shard) => featureDayPk(featureId, day, shard)),
    );
    await mapAtMost(QUERIES_AT_ONCE, partitions, async (partition) => {
      let from: Item | undefined;
      do {
        if (keys.length >= rowsMax) {
          complete = false;
          return;
        }
        const answer = await this.dynamo.send(
          new QueryCommand({
            TableName: this.table,
            IndexName: 'byFeatureDay',
            KeyConditionExpression: 'fd = :fd',
            ExpressionAttributeValues: { ':fd': S(partition) },
            Limit: PAGE_ROWS,
            ...(from !== undefined && { ExclusiveStartKey: from }),
          }),
        );
        keys.push(
          ...(answer.Items ?? []).map((item) => ({ pk: S(readS(item, 'pk')), sk: S(readS(item, 'sk')) })),
        );
        from = answer.LastEvaluatedKey;
      } while (from !== undefined);
    });
    return { users: byUser(await batchGet(this.dynamo, this.table, keys)), complete };
  }
}

function byUser(items: readonly Item[]): UserUsage[] {
  const rows = new Map<string, UsageRow[]>();
  for (const item of items) {
    const userKey = readS(item, 'pk').slice('u#'.length);
    rows.set(userKey, [...(rows.get(userKey) ?? []), fromUsageItem(item)]);
  }
  return [...rows].map(([userKey, of]) => ({ userKey, rows: of }));
}

function daysIn({ from, to }: DayRange): string[] {
  const days: string[] = [];
  for (let time = Date.parse(from); time <= Date.parse(to); time += 86_400_000)
    days.push(new Date(time).toISOString().slice(0, 10));
  return days;
}
