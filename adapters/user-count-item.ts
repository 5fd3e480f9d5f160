import type { Update } from '@aws-sdk/client-dynamodb';
import { N, S, type Item } from './attributes.ts';

// How many users there are, and how many are in each box. Changed only inside the transaction that changes what is
// counted, spread over shards because every chunk that creates a user counts it.

export const COUNT_SHARDS = 8;

export interface UserCounts {
  readonly users: number;
  readonly missingBilling: number;
  /** Groups of users that share an email. */
  readonly sharedEmail: number;
}

export const NO_COUNTS: UserCounts = { users: 0, missingBilling: 0, sharedEmail: 0 };

export const userCountKey = (shard: number) => ({ pk: S(`counts#${String(shard)}`), sk: S('c') });

export function toUserCountUpdate(table: string, shard: number, by: UserCounts): Update {
  return {
    TableName: table,
    Key: userCountKey(shard),
    UpdateExpression: 'ADD cu :cu, cb :cb, ce :ce',
    ExpressionAttributeValues: {
      ':cu': N(by.users),
      ':cb': N(by.missingBilling),
      ':ce': N(by.sharedEmail),
    },
  };
}

export const fromUserCountItem = (item: Item): UserCounts => ({
  users: Number(item['cu']?.N ?? '0'),
  missingBilling: Number(item['cb']?.N ?? '0'),
  sharedEmail: Number(item['ce']?.N ?? '0'),
});

export const addCounts = (left: UserCounts, right: UserCounts): UserCounts => ({
  users: left.users + right.users,
  missingBilling: left.missingBilling + right.missingBilling,
  sharedEmail: left.sharedEmail + right.sharedEmail,
});
