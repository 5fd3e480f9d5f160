import { QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  FEATURE_SHARDS,
  fromUsageItem,
  usageFeaturePk,
  usageUserPk,
  usageUserSk,
} from '../../adapters/usage-item.ts';
import { sumDecimals } from '../../core/decimal.ts';
import type { Pipeline } from './pipeline.ts';

// One day of usage straight from the stored rows: what a test compares with what was sent.

export async function usageOf(
  { client, tables }: Pick<Pipeline, 'client' | 'tables'>,
  { userId, featureId, day }: { userId?: string; featureId: string; day: string },
): Promise<{ sum: string; count: number; hours: Record<number, { sum: string; count: number }> }> {
  const keys =
    userId === undefined
      ? Array.from({ length: FEATURE_SHARDS }, (_, shard) => ({
          pk: usageFeaturePk(featureId, shard),
          sk: day,
        }))
      : [{ pk: usageUserPk(userId), sk: usageUserSk(featureId, day) }];
  const rows = [];
  for (const { pk, sk } of keys) {
    const answer = await client.send(
      new QueryCommand({
        TableName: tables.usage,
        KeyConditionExpression: 'pk = :pk AND sk = :sk',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sk } },
        ConsistentRead: true,
      }),
    );
    rows.push(...(answer.Items ?? []).map(fromUsageItem));
  }
  const hours: Record<number, { sum: string; count: number }> = {};
  for (const row of rows) {
    for (const [hour, amount] of row.hours) {
      const known = hours[hour] ?? { sum: '0', count: 0 };
      hours[hour] = { sum: sumDecimals([known.sum, amount.sum]), count: known.count + amount.count };
    }
  }
  return {
    sum: sumDecimals(rows.map((row) => row.sum)),
    count: rows.reduce((total, row) => total + row.count, 0),
    hours,
  };
}
