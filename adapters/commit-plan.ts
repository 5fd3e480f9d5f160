import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { EventNote } from '../core/decide-event.ts';
import type { FeatureUse } from '../core/decide-track.ts';
import { negateDecimal } from '../core/decimal.ts';
import type { UnmappedReason } from '../core/unmapped-group.ts';
import { foldUsage, usageRowNames, type UsageChange } from '../core/usage-fold.ts';
import { spread } from '../core/unmapped-group.ts';
import { applyFirstTrack, applyIdentify, type IdentifyResult } from '../core/identity/apply-identify.ts';
import { normaliseEmail } from '../core/identity/email-group.ts';
import { IdentityDraft, NotReadError, type IdentityFacts } from '../core/identity/identity-draft.ts';
import { arrivalItems, arrivalKeysOf, arrivesNow, NEVER_REDRIVEN } from './arrival-plan.ts';
import { N, S } from './attributes.ts';
import type { DecidedEvent } from './decided-event.ts';
import { engageKeysOf, planEngage, type EngageByUser } from './engage-plan.ts';
import { EVENT_SK, eventPk, timelineKey, type EventOutcome, type EventState } from './event-item.ts';
import { identityItems } from './identity-plan.ts';
import { keyPartOf } from './keys.ts';
import { TRANSACTION_ITEMS_MAX, type PlannedItem } from './planned-item.ts';
import {
  shardFor,
  toGroupUpdate,
  unmappedPk,
  unmappedRow,
  unmappedRowRemoval,
  type GroupChange,
} from './unmapped-item.ts';
import { FEATURE_SHARDS, toUsageUpdate } from './usage-item.ts';
import { COUNT_SHARDS } from './user-count-item.ts';

// From decided events to transactions. A transaction holds at most 100 items, so many events share one: their counters
// are folded together, and each event's own state changes under a condition on the state it was decided from. Either all
// of a chunk happens or nothing does, which is why `mapped` and its usage can never disagree.

export interface Tables {
  readonly events: string;
  readonly usage: string;
  readonly users: string;
}

/** How many partitions list the quarantined events. */
export const QUARANTINE_SHARDS = 4;
export const quarantinePk = (shard: number): string => `q#${String(shard)}`;

/** Splits decided events into chunks whose transactions fit. Neighbours share counters, so sort by user before. */
export function packChunks(decided: readonly DecidedEvent[], facts: IdentityFacts): DecidedEvent[][] {
  const chunks: DecidedEvent[][] = [];
  let chunk: DecidedEvent[] = [];
  let keys = new Set<string>();
  for (const event of decided) {
    const wanted = itemKeysOf(event, facts);
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

/** Names for the items that an event may need; events that name the same item share it. */
function itemKeysOf(event: DecidedEvent, facts: IdentityFacts): string[] {
  const { record, decision } = event;
  const keys = [`event ${record.key}`];
  if (record.unmappedIn !== undefined) {
    keys.push(`group ${record.unmappedIn}`);
    if (decision.kind !== 'unmapped') keys.push(`row ${record.key}`);
  }
  keys.push(...identityKeysOf(event, facts), ...engageKeysOf(event), ...arrivalKeysOf(event));
  for (const { featureId } of usageChangesOf(event)) {
    const { ofUser, ofAll } = usageRowNames(record.userId, featureId, record.time);
    keys.push(`use ${ofUser}`, `use ${ofAll}`);
  }
  switch (decision.kind) {
    case 'mapped':
      break;
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

/** At most what one identify may change, itself and what it shares with others aside: see `identityItems`. */
function identityKeysOf({ record, decision }: DecidedEvent, facts: IdentityFacts): string[] {
  if (decision.kind === 'quarantined') return [];
  const { userId } = record;
  const node = facts.nodes.get(keyPartOf(userId));
  const says = decision.kind === 'applied' && Object.keys(decision.profile).length > 0;
  if (node !== undefined && !says) return [];
  const keys = [`user ${userId}`, `without billing ${userId}`, 'counts'];
  if (node === undefined) keys.push(`directory ${userId}`);
  if (decision.kind !== 'applied') return keys;
  const { email, billingId } = decision.profile;
  if (node?.mergedInto !== undefined) keys.push(`root of ${userId}`, `without billing, root of ${userId}`);
  if (billingId !== undefined) keys.push(`claim ${billingId.value}`, `claim before ${userId}`);
  if (email !== undefined) {
    const address = normaliseEmail(email.value);
    keys.push(`email ${address}`, `shared ${address}`);
    if (node !== undefined) keys.push(`email before ${userId}`, `shared before ${userId}`);
    if ((facts.emails.get(address)?.imported.length ?? 0) > 0)
      keys.push(
        ...['node', 'directory', 'without billing'].map((item) => `${item} of the imported ${address}`),
      );
    if ((facts.emails.get(address)?.imported.length ?? 0) > 0) keys.push(`merge by ${record.key}`);
  }
  return keys;
}

export interface PlannedChunk {
  readonly items: readonly PlannedItem[];
  /** Events that need something that was not read: they are not in the transaction. */
  readonly unread: readonly string[];
}

/**
 * The transaction of one chunk. `facts` are the users as read, `engage` what Engage said about them; one that was read and
 * is not there does not exist yet.
 */
export function planChunk(
  tables: Tables,
  chunk: readonly DecidedEvent[],
  facts: IdentityFacts,
  engage: EngageByUser,
  now: number,
): PlannedChunk {
  const { draft, results, unread } = draftUsers(chunk, facts, now);
  const events = unread.length === 0 ? chunk : chunk.filter(({ record }) => !unread.includes(record.key));
  const engaged = planEngage(tables.users, events, engage);
  // Of those in the transaction: what an event says of its place, and where its row is, must be one shard.
  const shard = shardOf(events);
  const items = [
    ...events.map((event) => ({
      item: eventUpdate(
        tables.events,
        event,
        shard,
        now,
        results.get(event.record.key),
        engaged.notes.get(event.record.key),
      ),
      owners: [event.record.key],
    })),
    ...identityItems(tables.users, draft, spread(chunk[0]?.record.key ?? '', COUNT_SHARDS)),
    ...engaged.items,
    ...unmappedItems(tables.events, events, shard),
    ...quarantineItems(tables.events, events),
    ...usageItems(tables.usage, events),
    ...arrivalItems(tables.usage, events),
  ];
  return { items, unread };
}

/** What the events of a chunk do to users, one after the other. */
function draftUsers(chunk: readonly DecidedEvent[], facts: IdentityFacts, now: number) {
  const draft = new IdentityDraft(facts);
  const results = new Map<string, IdentifyResult>();
  const unread: string[] = [];
  // Nearly always nothing: who is known, and says nothing, is left as it is.
  const touching = chunk.filter(
    ({ record, decision }) =>
      decision.kind === 'applied' ||
      (decision.kind !== 'quarantined' && facts.nodes.get(keyPartOf(record.userId)) === undefined),
  );
  if (touching.length === 0) return { draft, results, unread };
  const firstReceived = new Map<string, number>();
  for (const { record } of chunk) {
    const known = firstReceived.get(record.userId) ?? record.receivedAt;
    firstReceived.set(record.userId, Math.min(known, record.receivedAt));
  }
  for (const { record, decision } of touching) {
    const { key: eventKey, userId } = record;
    const key = keyPartOf(userId);
    const receivedAt = firstReceived.get(userId) ?? record.receivedAt;
    const event = { eventKey, key, userId, receivedAt };
    try {
      if (decision.kind !== 'applied') applyFirstTrack(draft, event);
      else {
        const { profile: said, notes = [] } = decision;
        results.set(eventKey, applyIdentify(draft, { ...event, said, notes }, now));
      }
    } catch (error) {
      if (!(error instanceof NotReadError)) throw error;
      unread.push(eventKey);
    }
  }
  return { draft, results, unread };
}

const shardOf = (chunk: readonly DecidedEvent[]): number => shardFor(chunk[0]?.record.key ?? '');

function eventUpdate(
  table: string,
  event: DecidedEvent,
  shard: number,
  now: number,
  identified: IdentifyResult | undefined,
  note: EventNote | undefined,
): TransactWriteItem {
  const { record, decision } = event;
  // What an identify was told by the rules is among its notes already.
  const told: readonly string[] =
    event.keptNotes ?? identified?.notes ?? (decision.kind === 'quarantined' ? [] : (decision.notes ?? []));
  const notes = note === undefined ? told : [...told, note];
  const to: EventState = decision.kind;
  const outcome: EventOutcome = {
    generation: event.keptFrom ?? event.generation,
    decidedAt: now,
    ...(decision.kind === 'mapped' && { uses: decision.uses }),
    ...(identified !== undefined && { identify: identifiedOutcome(identified) }),
    ...(notes.length > 0 && { notes }),
    ...(decision.kind === 'quarantined' && { error: decision.error }),
    ...(event.revisions !== undefined && event.revisions.length > 0 && { revisions: event.revisions }),
  };
  const sets = ['st = :to', 'o = :o'];
  const values: Record<string, AttributeValue> = {
    ':from': S(record.state),
    ':to': S(to),
    ':o': S(JSON.stringify(outcome)),
    ':g': N(event.generation),
  };
  if (decision.kind === 'unmapped') {
    sets.push('r = :r', 'x = :x');
    values[':r'] = S(decision.reason);
    values[':x'] = S(record.unmappedIn ?? unmappedPk(decision.group, shard));
  }
  // A redrive makes it `received` again: a decision that is older than this one must not find it then.
  if (decision.kind === 'quarantined') sets.push('fence = :g');
  // The reason too, since the group's count of that reason is taken back.
  const sameReason = record.reason === undefined ? '' : ' AND r = :was';
  if (record.reason !== undefined) values[':was'] = S(record.reason);
  // And what was counted, since exactly that is taken back.
  const sameOutcome = event.counted === undefined ? '' : ' AND o = :counted';
  if (event.counted !== undefined) values[':counted'] = S(record.outcome ?? '');
  const arrives = arrivesNow(event) ? ` AND ${NEVER_REDRIVEN}` : '';
  return {
    Update: {
      TableName: table,
      Key: { pk: S(eventPk(record.key)), sk: S(EVENT_SK) },
      UpdateExpression: `SET ${sets.join(', ')}${decision.kind === 'unmapped' ? '' : ' REMOVE r, x'}`,
      ConditionExpression: `st = :from${sameReason}${sameOutcome}${arrives} AND (attribute_not_exists(fence) OR fence <= :g)`,
      ExpressionAttributeValues: values,
    },
  };
}

const identifiedOutcome = ({ notes: _, ...identify }: IdentifyResult) => identify;

function unmappedItems(table: string, chunk: readonly DecidedEvent[], shard: number): PlannedItem[] {
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
  const shard = spread(chunk[0]?.record.key ?? '', FEATURE_SHARDS);
  return foldUsage(chunk.flatMap(usageChangesOf)).map((row) => ({
    item: { Update: toUsageUpdate(table, row, shard) },
    owners: [],
  }));
}

/** What the event counts from now on and did not before, and what it did before and does not any more. */
function usageChangesOf({ record, decision, counted = [] }: DecidedEvent): UsageChange[] {
  const uses = decision.kind === 'mapped' ? decision.uses : [];
  const { userId, time } = record;
  const isIn = (list: readonly FeatureUse[], use: FeatureUse): boolean =>
    list.some(({ featureId, delta }) => featureId === use.featureId && delta === use.delta);
  const came = uses.filter((use) => !isIn(counted, use));
  const left = counted.filter((use) => !isIn(uses, use));
  return [
    ...came.map(({ featureId, delta }) => ({ userId, featureId, time, delta, events: 1 as const })),
    ...left.map(({ featureId, delta }) => ({
      userId,
      featureId,
      time,
      delta: negateDecimal(delta),
      events: -1 as const,
    })),
  ];
}
