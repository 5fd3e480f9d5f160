import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { EventDecision, EventNote } from '../core/decide-event.ts';
import type { UnmappedReason } from '../core/unmapped-group.ts';
import { foldUsage, type UsageChange } from '../core/usage-fold.ts';
import { spread } from '../core/unmapped-group.ts';
import { hear, newNode, type UserNode } from '../core/identity/user-node.ts';
import { mergeProfiles, type Profile } from '../core/user.ts';
import { N, S } from './attributes.ts';
import { toDirectoryItem } from './directory-item.ts';
import { engageKeysOf, planEngage, type EngageByUser } from './engage-plan.ts';
import { keyPartOf } from './keys.ts';
import {
  EVENT_SK,
  eventPk,
  timelineKey,
  type EventOutcome,
  type EventRecord,
  type EventState,
} from './event-item.ts';
import {
  shardFor,
  toGroupUpdate,
  unmappedPk,
  unmappedRow,
  unmappedRowRemoval,
  type GroupChange,
} from './unmapped-item.ts';
import { FEATURE_SHARDS, toUsageUpdate } from './usage-item.ts';
import { toUserItem } from './user-item.ts';

// From decided events to transactions. A transaction holds at most 100 items, so many events share one: their counters
// are folded together, and each event's own state changes under a condition on the state it was decided from. Either all
// of a chunk happens or nothing does, which is why `mapped` and its usage can never disagree.

export interface Tables {
  readonly events: string;
  readonly usage: string;
  readonly users: string;
}

export interface DecidedEvent {
  /** As read before deciding: the commit holds only if the stored event still looks like this. */
  readonly record: EventRecord;
  readonly decision: EventDecision | { readonly kind: 'quarantined'; readonly error: string };
  readonly generation: number;
}

/** One item of a transaction and the events that must be decided again when its condition fails. */
export interface PlannedItem {
  readonly item: TransactWriteItem;
  readonly owners: readonly string[];
}

/** DynamoDB's limit for one transaction. */
export const TRANSACTION_ITEMS_MAX = 100;

/** How many partitions list the quarantined events. */
export const QUARANTINE_SHARDS = 4;
export const quarantinePk = (shard: number): string => `q#${String(shard)}`;

/** Splits decided events into chunks whose transactions fit. Neighbours share counters, so sort by user before. */
export function packChunks(
  decided: readonly DecidedEvent[],
  users: ReadonlyMap<string, UserNode>,
): DecidedEvent[][] {
  const chunks: DecidedEvent[][] = [];
  let chunk: DecidedEvent[] = [];
  let keys = new Set<string>();
  for (const event of decided) {
    const wanted = itemKeysOf(event, users);
    const added = wanted.filter((key) => !keys.has(key)).length;
    if (chunk.length > 0 && keys.size + added > TRANSACTION_ITEMS_MAX) {
      chunks.push(chunk);
      chunk = [];
      keys = new Set();
    }
    chunk.push(event);
    for (const key of wanted) keys.add(key);
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

/** Names for the items that an event needs; events that name the same item share it. */
function itemKeysOf(event: DecidedEvent, users: ReadonlyMap<string, UserNode>): string[] {
  const { record, decision } = event;
  const keys = [`event ${record.key}`];
  if (record.unmappedIn !== undefined) {
    keys.push(`group ${record.unmappedIn}`);
    if (decision.kind !== 'unmapped') keys.push(`row ${record.key}`);
  }
  if (decision.kind === 'applied' || !users.has(record.userId)) keys.push(`user ${record.userId}`);
  if (!users.has(record.userId)) keys.push(`directory ${record.userId}`);
  keys.push(...engageKeysOf(event));
  switch (decision.kind) {
    case 'mapped': {
      const day = String(Math.floor(record.time / 86_400_000));
      for (const { featureId } of decision.uses) {
        keys.push(
          JSON.stringify(['use', record.userId, featureId, day]),
          JSON.stringify(['use', featureId, day]),
        );
      }
      break;
    }
    case 'unmapped':
      if (record.unmappedIn === undefined)
        keys.push(`row ${record.key}`, `group ${unmappedPk(decision.group, 0)}`);
      break;
    case 'quarantined':
      keys.push(`row of quarantine ${record.key}`);
      break;
    case 'applied':
      break;
  }
  return keys;
}

/**
 * The transaction of one chunk. `users` are the users as read, `engage` what Engage said about them; who is not in them
 * does not exist yet.
 */
export function planChunk(
  tables: Tables,
  chunk: readonly DecidedEvent[],
  users: ReadonlyMap<string, UserNode>,
  engage: EngageByUser,
  now: number,
): PlannedItem[] {
  const planned = planEngage(tables.users, chunk, engage);
  return [
    ...chunk.map((event) => ({
      item: eventUpdate(tables.events, event, shardOf(chunk), now, planned.notes.get(event.record.key)),
      owners: [event.record.key],
    })),
    ...userItems(tables.users, chunk, users),
    ...planned.items,
    ...unmappedItems(tables.events, chunk),
    ...quarantineItems(tables.events, chunk),
    ...usageItems(tables.usage, chunk),
  ];
}

const shardOf = (chunk: readonly DecidedEvent[]): number => shardFor(chunk[0]?.record.key ?? '');

function eventUpdate(
  table: string,
  event: DecidedEvent,
  shard: number,
  now: number,
  note: EventNote | undefined,
): TransactWriteItem {
  const { record, decision } = event;
  const told = decision.kind === 'quarantined' ? [] : (decision.notes ?? []);
  const notes = note === undefined ? told : [...told, note];
  const to: EventState = decision.kind;
  const outcome: EventOutcome = {
    generation: event.generation,
    decidedAt: now,
    ...(decision.kind === 'mapped' && { uses: decision.uses }),
    ...(notes.length > 0 && { notes }),
    ...(decision.kind === 'quarantined' && { error: decision.error }),
  };
  const sets = ['st = :to', 'o = :o'];
  const values: Record<string, AttributeValue> = {
    ':from': S(record.state),
    ':to': S(to),
    ':o': S(JSON.stringify(outcome)),
  };
  if (decision.kind === 'unmapped') {
    sets.push('r = :r', 'x = :x');
    values[':r'] = S(decision.reason);
    values[':x'] = S(record.unmappedIn ?? unmappedPk(decision.group, shard));
  }
  // The reason too, since the group's count of that reason is taken back.
  const sameReason = record.reason === undefined ? '' : ' AND r = :was';
  if (record.reason !== undefined) values[':was'] = S(record.reason);
  return {
    Update: {
      TableName: table,
      Key: { pk: S(eventPk(record.key)), sk: S(EVENT_SK) },
      UpdateExpression: `SET ${sets.join(', ')}${decision.kind === 'unmapped' ? '' : ' REMOVE r, x'}`,
      ConditionExpression: `st = :from${sameReason}`,
      ExpressionAttributeValues: values,
    },
  };
}

function userItems(
  table: string,
  chunk: readonly DecidedEvent[],
  users: ReadonlyMap<string, UserNode>,
): PlannedItem[] {
  const said = new Map<string, { profile: Profile; receivedAt: number; owners: string[] }>();
  for (const { record, decision } of chunk) {
    if (decision.kind === 'quarantined') continue;
    if (decision.kind !== 'applied' && users.has(record.userId)) continue;
    const profile = decision.kind === 'applied' ? decision.profile : {};
    const known = said.get(record.userId);
    said.set(record.userId, {
      profile: known === undefined ? profile : mergeProfiles(known.profile, profile),
      receivedAt: Math.min(known?.receivedAt ?? record.receivedAt, record.receivedAt),
      owners: [...(known?.owners ?? []), record.key],
    });
  }
  return [...said].flatMap(([userId, { profile, receivedAt, owners }]) => {
    const before = users.get(userId);
    const after =
      before === undefined
        ? newNode({ key: keyPartOf(userId), userId }, { said: profile, createdAt: receivedAt })
        : hear(before, profile);
    if (after === undefined) return [];
    const item: TransactWriteItem = {
      Put: {
        TableName: table,
        Item: { ...toUserItem({ ...after, version: after.version + 1 }) },
        ConditionExpression: before === undefined ? 'attribute_not_exists(pk)' : 'v = :v',
        ...(before !== undefined && { ExpressionAttributeValues: { ':v': N(before.version) } }),
      },
    };
    if (before !== undefined) return [{ item, owners }];
    return [
      { item, owners },
      { item: { Put: { TableName: table, Item: toDirectoryItem(userId) } }, owners: [] },
    ];
  });
}

function unmappedItems(table: string, chunk: readonly DecidedEvent[]): PlannedItem[] {
  const items: PlannedItem[] = [];
  const changes = new Map<string, GroupChange & { generation: number; owners: string[] }>();
  const count = (
    event: DecidedEvent,
    unmappedIn: string,
    group: GroupChange['group'],
    reasons: readonly (readonly [UnmappedReason, number])[],
    joins: boolean,
  ): void => {
    const known = changes.get(unmappedIn);
    const counts = new Map(known?.counts);
    for (const [reason, by] of reasons) counts.set(reason, (counts.get(reason) ?? 0) + by);
    changes.set(unmappedIn, {
      group,
      unmappedIn,
      counts,
      joining: [...(known?.joining ?? []), ...(joins ? [event.record] : [])],
      // All events of a chunk were decided by one ruleset.
      generation: event.generation,
      owners: [...(known?.owners ?? []), event.record.key],
    });
  };
  const shard = shardOf(chunk);
  for (const event of chunk) {
    const { record, decision } = event;
    const { unmappedIn, reason } = record;
    if (decision.kind === 'unmapped' && unmappedIn === undefined) {
      const place = unmappedPk(decision.group, shard);
      items.push({ item: unmappedRow(table, place, record.key), owners: [] });
      count(event, place, decision.group, [[decision.reason, 1]], true);
    } else if (unmappedIn !== undefined && reason !== undefined) {
      const left = [reason, -1] as const;
      const name = record.name ?? '';
      if (decision.kind === 'unmapped') {
        count(event, unmappedIn, decision.group, [left, [decision.reason, 1]], false);
      } else {
        items.push({ item: unmappedRowRemoval(table, unmappedIn, record.key), owners: [] });
        count(event, unmappedIn, { kind: 'name', name }, [left], false);
      }
    }
  }
  for (const { generation, owners, ...change } of changes.values()) {
    const update = toGroupUpdate(table, change, generation);
    items.push({ item: { Update: update }, owners });
  }
  return items;
}

function quarantineItems(table: string, chunk: readonly DecidedEvent[]): PlannedItem[] {
  return chunk
    .filter(({ decision }) => decision.kind === 'quarantined')
    .map(({ record }) => ({
      item: {
        Put: {
          TableName: table,
          Item: {
            pk: S(quarantinePk(spread(record.key, QUARANTINE_SHARDS))),
            sk: S(timelineKey(record.receivedAt, record.key)),
          },
        },
      },
      owners: [],
    }));
}

function usageItems(table: string, chunk: readonly DecidedEvent[]): PlannedItem[] {
  const changes = chunk.flatMap(({ record, decision }): UsageChange[] =>
    decision.kind === 'mapped'
      ? decision.uses.map(({ featureId, delta }) => ({
          userId: record.userId,
          featureId,
          time: record.time,
          delta,
          events: 1,
        }))
      : [],
  );
  const shard = spread(chunk[0]?.record.key ?? '', FEATURE_SHARDS);
  return foldUsage(changes).map((row) => ({
    item: { Update: toUsageUpdate(table, row, shard) },
    owners: [],
  }));
}
