import type { Update } from '@aws-sdk/client-dynamodb';
import { spread } from '../core/unmapped-group.ts';
import type { UsageRowChange } from '../core/usage-fold.ts';
import { S, type Item } from './attributes.ts';
import { keyPartOf } from './keys.ts';

// A counter row: one UTC day of one feature, of one user or of everybody, with a total and 24 hours. Sums are DynamoDB
// numbers, which are exact decimals of 38 digits.

/** The rows of everybody are spread: every chunk that any worker commits changes them. */
export const FEATURE_SHARDS = 8;

/** Of the index that leads from a feature's day to its users; a popular feature gains many users at midnight. */
export const FEATURE_DAY_SHARDS = 4;
export const featureDayPk = (featureId: string, day: string, shard: number): string =>
  `${keyPartOf(featureId)}#${day}#${String(shard)}`;

export const usageUserKeyPk = (userKey: string): string => `u#${userKey}`;
export const usageUserPk = (userId: string): string => usageUserKeyPk(keyPartOf(userId));
export const usageUserSk = (featureId: string, day: string): string => `${keyPartOf(featureId)}#${day}`;
export const usageFeaturePk = (featureId: string, shard: number): string =>
  `f#${keyPartOf(featureId)}#${String(shard)}`;

export function usageRowKey(
  row: UsageRowChange,
  shard: number,
): { readonly pk: string; readonly sk: string } {
  return row.userId === undefined
    ? { pk: usageFeaturePk(row.featureId, shard), sk: row.day }
    : { pk: usageUserPk(row.userId), sk: usageUserSk(row.featureId, row.day) };
}

/**
 * Adds the change to its row. Only ever inside the transaction that changes the state of the events it comes from: an
 * ADD on its own would count twice when its reply is lost and the SDK repeats it.
 */
export function toUsageUpdate(table: string, row: UsageRowChange, shard: number): Update {
  const { pk, sk } = usageRowKey(row, shard);
  const adds: string[] = ['s :s', 'n :n'];
  const values: Record<string, { N: string }> = {
    ':s': { N: row.total.sum },
    ':n': { N: String(row.total.count) },
  };
  for (const [hour, amount] of row.hours) {
    const suffix = String(hour).padStart(2, '0');
    adds.push(`s${suffix} :s${suffix}`, `n${suffix} :n${suffix}`);
    values[`:s${suffix}`] = { N: amount.sum };
    values[`:n${suffix}`] = { N: String(amount.count) };
  }
  const add = `ADD ${adds.join(', ')}`;
  const update = { TableName: table, Key: { pk: S(pk), sk: S(sk) } };
  if (row.userId === undefined)
    return { ...update, UpdateExpression: add, ExpressionAttributeValues: values };
  // Always the same value for a row: DynamoDB writes to the index when the row is made, and not again.
  const partition = featureDayPk(row.featureId, row.day, spread(row.userId, FEATURE_DAY_SHARDS));
  return {
    ...update,
    UpdateExpression: `SET fd = :fd ${add}`,
    ExpressionAttributeValues: { ...values, ':fd': S(partition) },
  };
}

export interface UsageRow {
  readonly day: string;
  readonly sum: string;
  readonly count: number;
  /** Only hours in which something was counted. */
  readonly hours: ReadonlyMap<number, { readonly sum: string; readonly count: number }>;
}

export function fromUsageItem(item: Item): UsageRow {
  const sk = item['sk']?.S ?? '';
  const hours = new Map<number, { sum: string; count: number }>();
  for (let hour = 0; hour < 24; hour += 1) {
    const suffix = String(hour).padStart(2, '0');
    const sum = item[`s${suffix}`]?.N;
    if (sum !== undefined) hours.set(hour, { sum, count: Number(item[`n${suffix}`]?.N ?? '0') });
  }
  return { day: sk.slice(-10), sum: item['s']?.N ?? '0', count: Number(item['n']?.N ?? '0'), hours };
}
