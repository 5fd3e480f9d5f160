import { isDeepStrictEqual } from 'node:util';
import { itemSize, type Item } from './item-size.ts';

// What AWS charges for one item that is read or written, by its own rules and not by an emulator's: emulators disagree about
// indexes and transactions.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes

/** A global secondary index: its key attributes; `keys` projects nothing else. */
export interface Index {
  readonly name: string;
  readonly keys: readonly [partition: string, sort: string];
  readonly projection: 'keys' | 'all';
}

export interface Change {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

const writeUnitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));

/** Of the table alone: by the larger of the two items, and twice that in a transaction, which prepares and commits. */
export function tableWriteUnits({ before, after }: Change, inTransaction: boolean): number {
  const bytes = Math.max(itemSize(before ?? {}), itemSize(after ?? {}));
  return writeUnitsOf(bytes) * (inTransaction ? 2 : 1);
}

/**
 * Of one index. An index follows after the transaction has committed, as after any write, and is charged once: AWS
 * describes the second unit as that of preparing the item in the table.
 */
export function indexWriteUnits({ before, after }: Change, index: Index): number {
  const [was, is] = [entryOf(before, index), entryOf(after, index)];
  if (was === undefined) return is === undefined ? 0 : writeUnitsOf(itemSize(is));
  if (is === undefined) return writeUnitsOf(itemSize(was));
  if (isDeepStrictEqual(was, is)) return 0;
  const keysOf = (entry: Item): unknown => index.keys.map((name) => entry[name]);
  const [old, new_] = [writeUnitsOf(itemSize(was)), writeUnitsOf(itemSize(is))];
  // An entry whose key changes is deleted and put.
  return isDeepStrictEqual(keysOf(was), keysOf(is)) ? Math.max(old, new_) : old + new_;
}

/** What the index holds of an item; undefined where the item lacks a key of the index. */
function entryOf(item: Item | undefined, { keys, projection }: Index): Item | undefined {
  if (item === undefined || keys.some((name) => item[name] === undefined)) return undefined;
  if (projection === 'all') return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => ['pk', 'sk', ...keys].includes(name)));
}

/** Of bytes that were read together: one item, or all that a query went over. Nothing costs as much as one item. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (consistent ? 1 : 0.5);
}
