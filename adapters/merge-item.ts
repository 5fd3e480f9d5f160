import { MERGE_CAUSES, type MergeRecord } from '../core/identity/merge-record.ts';
import {
  N,
  readN,
  readOneOf,
  readOptionalN,
  readOptionalS,
  readS,
  readText,
  S,
  T,
  type Item,
} from './attributes.ts';

// The record of a merge. All are in one partition, sorted by their ids, which begin with the time.

export const MERGES_PK = 'merges';

export const mergeItemKey = (mergeId: string) => ({ pk: S(MERGES_PK), sk: S(mergeId) });

export function toMergeItem(merge: MergeRecord): Item {
  const { survivor, absorbed, row, eventKey, undoneAt, undoneBy } = merge;
  return {
    ...mergeItemKey(merge.id),
    vk: S(survivor.key),
    vi: T(survivor.userId),
    ak: S(absorbed.key),
    ai: T(absorbed.userId),
    c: S(merge.cause),
    by: T(merge.actor),
    at: N(merge.at),
    ...(row !== undefined && { r: N(row) }),
    ...(eventKey !== undefined && { ev: S(eventKey) }),
    ...(undoneAt !== undefined && { ua: N(undoneAt) }),
    ...(undoneBy !== undefined && { ub: T(undoneBy) }),
  };
}

export function fromMergeItem(item: Item): MergeRecord {
  const row = readOptionalN(item, 'r');
  const eventKey = readOptionalS(item, 'ev');
  const undoneAt = readOptionalN(item, 'ua');
  return {
    id: readS(item, 'sk'),
    survivor: { key: readS(item, 'vk'), userId: readText(item, 'vi') },
    absorbed: { key: readS(item, 'ak'), userId: readText(item, 'ai') },
    cause: readOneOf(item, 'c', MERGE_CAUSES),
    actor: readText(item, 'by'),
    at: readN(item, 'at'),
    ...((row === 5 || row === 6) && { row }),
    ...(eventKey !== undefined && { eventKey }),
    ...(undoneAt !== undefined && { undoneAt }),
    ...(item['ub'] !== undefined && { undoneBy: readText(item, 'ub') }),
  };
}
