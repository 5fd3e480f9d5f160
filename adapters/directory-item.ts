import { spread } from '../core/unmapped-group.ts';
import { readS, readText, T, type Item } from './attributes.ts';
import { keyPartOf } from './keys.ts';

// The directory of users: one small item per user, written in the transaction that creates the user, in a few partitions
// that sort by the user's key part. Plain ids sort as text, and all others come after them.

/** More partitions would spread the creations of users further, and make every page of the list dearer. */
const PARTITIONS = 4;

const directoryPk = (partition: number): string => `list#${String(partition)}`;
export const DIRECTORY_PKS = Array.from({ length: PARTITIONS }, (_, partition) => directoryPk(partition));

export const directoryKey = (userId: string): Record<'pk' | 'sk', { S: string }> => ({
  pk: { S: directoryPk(spread(userId, PARTITIONS)) },
  sk: { S: keyPartOf(userId) },
});

export function toDirectoryItem(userId: string): Item {
  const key = directoryKey(userId);
  // A plain id can be read off its key part.
  return { ...key, ...(!key.sk.S.startsWith('=') && { id: T(userId) }) };
}

export const fromDirectoryItem = (item: Item): string =>
  item['id'] === undefined ? readS(item, 'sk').slice(1) : readText(item, 'id');
