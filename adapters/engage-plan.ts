import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import {
  addEngageWord,
  EMPTY_ENGAGE,
  isMember,
  type EngageNote,
  type EngageProfile,
  type EngageWord,
} from '../core/engage.ts';
import type { DecidedEvent } from './decided-event.ts';
import type { PlannedItem } from './planned-item.ts';
import { engageKey, memberKey, toEngageItem, type StoredEngage } from './engage-item.ts';
import { keyPartOf } from './keys.ts';

// What a chunk changes of what Engage said: one item per user, and a row of the list of members for each audience that a
// user enters or leaves.

/** By the key of the user id. */
export type EngageByUser = ReadonlyMap<string, StoredEngage>;

/**
 * The word that is still to be kept. An event that was unmapped has told it: it was kept in the transaction that made the
 * event unmapped.
 */
export function engageWordOf({ record, decision }: DecidedEvent): EngageWord | undefined {
  if (record.state !== 'received' || decision.kind === 'quarantined') return undefined;
  return decision.engage;
}

/** Names for the items that an event may need, as for the other parts of a chunk. */
export function engageKeysOf(event: DecidedEvent): string[] {
  const word = engageWordOf(event);
  if (word === undefined) return [];
  const { userId } = event.record;
  const keys = [`engage ${userId}`];
  if (word.kind === 'audience') keys.push(JSON.stringify(['member', userId, word.name]));
  return keys;
}

export interface EngagePlan {
  readonly items: readonly PlannedItem[];
  /** By event: why its word is left out. */
  readonly notes: ReadonlyMap<string, EngageNote>;
}

export function planEngage(table: string, chunk: readonly DecidedEvent[], known: EngageByUser): EngagePlan {
  const notes = new Map<string, EngageNote>();
  const changed = new Map<string, { profile: EngageProfile; owners: string[] }>();
  for (const event of chunk) {
    const word = engageWordOf(event);
    if (word === undefined) continue;
    const { key, time } = event.record;
    const userKey = keyPartOf(event.record.userId);
    const before = changed.get(userKey);
    const profile = before?.profile ?? known.get(userKey) ?? EMPTY_ENGAGE;
    const change = addEngageWord(profile, word, { time, source: key });
    if (change.note !== undefined) notes.set(key, change.note);
    // What changes nothing now will change nothing later: words only ever get newer, and what is full stays full.
    if (change.changed)
      changed.set(userKey, { profile: change.profile, owners: [...(before?.owners ?? []), key] });
  }
  const items = [...changed].flatMap(([userKey, { profile, owners }]) =>
    engageItems(table, userKey, known.get(userKey), profile, owners),
  );
  return { items, notes };
}

/** What makes of one profile the other: the item of the user, removed when nothing is left, and rows of audiences. */
export function engageItems(
  table: string,
  userKey: string,
  before: StoredEngage | undefined,
  after: EngageProfile,
  owners: readonly string[] = [],
): PlannedItem[] {
  // The version counts from one again after an erasure, so it alone does not say that this is what was read.
  const condition = {
    ConditionExpression: before === undefined ? 'attribute_not_exists(pk)' : 'v = :v AND a = :a AND c = :c',
    ...(before !== undefined && { ExpressionAttributeValues: readValues(userKey, before) }),
  };
  const item: TransactWriteItem =
    after.audiences.size + after.computedTraits.size === 0
      ? { Delete: { TableName: table, Key: engageKey(userKey), ...condition } }
      : {
          Put: {
            TableName: table,
            Item: { ...toEngageItem(userKey, after, (before?.version ?? 0) + 1) },
            ...condition,
          },
        };
  return [{ item, owners }, ...memberItems(table, userKey, before ?? EMPTY_ENGAGE, after)];
}

function readValues(userKey: string, before: StoredEngage): Record<string, AttributeValue> {
  const { a, c, v } = toEngageItem(userKey, before, before.version);
  return { ':a': a, ':c': c, ':v': v };
}

function memberItems(
  table: string,
  userKey: string,
  before: EngageProfile,
  after: EngageProfile,
): PlannedItem[] {
  const isIn = (profile: EngageProfile, name: string): boolean => {
    const audience = profile.audiences.get(name);
    return audience !== undefined && isMember(audience);
  };
  return [...new Set([...before.audiences.keys(), ...after.audiences.keys()])].flatMap((name) => {
    const [wasMember, member] = [isIn(before, name), isIn(after, name)];
    if (wasMember === member) return [];
    const item = member
      ? { Put: { TableName: table, Item: memberKey(name, userKey) } }
      : { Delete: { TableName: table, Key: memberKey(name, userKey) } };
    return [{ item, owners: [] }];
  });
}
