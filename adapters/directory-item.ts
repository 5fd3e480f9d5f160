import { spread } from '../core/unmapped-group.ts';
import { readS, readText, S, T, type Item } from './attributes.ts';
import { keyPartOf } from './keys.ts';

// Lists of users: the directory of all roots, and the roots without a billing id. One small item per user and list, written
// in the transaction that changes the user, in a few partitions that sort by the user's key part. Plain ids sort as text,
// and all others come after them. The groups that share an email are listed likewise, by the key of the email.

/** More partitions would spread the creations of users further, and make every page of a list dearer. */
const PARTITIONS = 4;

const partitionsOf = (list: string): readonly string[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => `${list}#${String(partition)}`);

export const DIRECTORY_PKS = partitionsOf('list');
export const MISSING_BILLING_PKS = partitionsOf('nobill');
export const SHARED_EMAIL_PKS = partitionsOf('shared');

const userKeyIn = (list: string, userId: string): Record<'pk' | 'sk', { S: string }> => ({
  pk: { S: `${list}#${String(spread(userId, PARTITIONS))}` },
  sk: { S: keyPartOf(userId) },
});

export const directoryKey = (userId: string) => userKeyIn('list', userId);
export const missingBillingKey = (userId: string) => userKeyIn('nobill', userId);

// A plain id can be read off its key part.
const withId = (key: Record<'pk' | 'sk', { S: string }>, userId: string): Item => ({
  ...key,
  ...(!key.sk.S.startsWith('=') && { id: T(userId) }),
});

export const toDirectoryItem = (userId: string): Item => withId(directoryKey(userId), userId);
export const toMissingBillingItem = (userId: string): Item => withId(missingBillingKey(userId), userId);

export const fromDirectoryItem = (item: Item): string =>
  item['id'] === undefined ? readS(item, 'sk').slice(1) : readText(item, 'id');

export const sharedEmailKey = (emailKey: string): Item => ({
  pk: S(`shared#${String(spread(emailKey, PARTITIONS))}`),
  sk: S(emailKey),
});
