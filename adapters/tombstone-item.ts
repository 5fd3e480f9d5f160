import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { N, readN, readS, S, type Item } from './attributes.ts';
import { batchGet } from './batch-get.ts';
import { hashedKeyOf } from './keys.ts';

// What is left of an erased user: a hash of the id and the boundary of the erasure, so that what is older and arrives later
// is recognised. Kept for ever, as the messageIds of events are. A user's next life under the same id has it too.

const TOMBSTONE_SK = 'x';

/** `userKey` is the id as a key part; the hash of that is all that is stored. */
export const tombstoneKey = (userKey: string) => ({
  pk: S(`x#${hashedKeyOf(userKey)}`),
  sk: S(TOMBSTONE_SK),
});

/** The boundaries of the erasures of these users, by user key; users that were never erased are left out. */
export async function readTombstones(
  dynamo: DynamoDBClient,
  usersTable: string,
  userKeys: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(userKeys)].map((userKey) => ({ userKey, place: tombstoneKey(userKey) }));
  const byHash = new Map(wanted.map(({ userKey, place }) => [place.pk.S, userKey]));
  const items = await batchGet(
    dynamo,
    usersTable,
    wanted.map(({ place }): Item => place),
  );
  return new Map(
    items.flatMap((item) => {
      const key = byHash.get(readS(item, 'pk'));
      return key === undefined ? [] : [[key, readN(item, 'at')] as const];
    }),
  );
}

/** Raises the boundary of a user; of several erasures the newest counts. */
export const tombstoneUpdate = (usersTable: string, userKey: string, boundary: number) => ({
  TableName: usersTable,
  Key: tombstoneKey(userKey),
  UpdateExpression: 'SET #at = :at',
  ConditionExpression: 'attribute_not_exists(#at) OR #at < :at',
  ExpressionAttributeNames: { '#at': 'at' },
  ExpressionAttributeValues: { ':at': N(boundary) },
});
