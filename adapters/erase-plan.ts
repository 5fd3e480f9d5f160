import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { negateDecimal } from '../core/decimal.ts';
import { spread, type UnmappedReason } from '../core/unmapped-group.ts';
import { foldUsage } from '../core/usage-fold.ts';
import { N, S } from './attributes.ts';
import { QUARANTINE_SHARDS, quarantinePk } from './commit-plan.ts';
import type { PlannedItem } from './planned-item.ts';
import { EVENT_SK, eventPk, timelineKey, type EventOutcome, type EventRecord } from './event-item.ts';
import { fromStoredOutcome } from './event-outcome.ts';
import { toGroupLeaving, unmappedRowRemoval } from './unmapped-item.ts';
import { toUsageUpdate } from './usage-item.ts';

// The items of a transaction that erases events of one or several users.

type Uses = NonNullable<EventOutcome['uses']>;

export interface ErasableEvent {
  readonly record: EventRecord;
  /** The names of all attributes of its item. */
  readonly attributes: readonly string[];
  /** What it has counted. */
  readonly uses: Uses;
}

/**
 * What stays of an event's item: its key (a hash of the messageId), type, times, dialect and API key, and of a mapped one
 * the outcome. Everything else goes, whatever later versions of this program add: what a sender wrote, what is made of it,
 * and the key that leads from the user to the event.
 */
const KEPT = new Set(['pk', 'sk', 'st', 'ty', 't', 'ra', 'di', 'ak', 'ea']);

export function eraseItemsOf(table: string, events: readonly ErasableEvent[], now: number): PlannedItem[] {
  const leaving = new Map<string, Leaving>();
  const items: PlannedItem[] = [];
  for (const event of events) {
    const { record } = event;
    const owners = [record.key];
    items.push({ item: { Update: markerUpdate(table, event, now) }, owners });
    if (record.state === 'quarantined')
      items.push({ item: { Delete: { TableName: table, Key: quarantineKey(record) } }, owners: [] });
    const { unmappedIn, reason } = record;
    if (unmappedIn === undefined || reason === undefined) continue;
    items.push({ item: unmappedRowRemoval(table, unmappedIn, record.key), owners: [] });
    const group = leaving.get(unmappedIn) ?? newLeaving();
    group.counts.set(reason, (group.counts.get(reason) ?? 0) - 1);
    group.owners.push(record.key);
    leaving.set(unmappedIn, group);
  }
  for (const [unmappedIn, { counts, owners }] of leaving)
    items.push({ item: { Update: toGroupLeaving(table, unmappedIn, counts) }, owners });
  return items;
}

interface Leaving {
  readonly counts: Map<UnmappedReason, number>;
  readonly owners: string[];
}
const newLeaving = (): Leaving => ({ counts: new Map(), owners: [] });

const quarantineKey = ({ key, receivedAt }: EventRecord) => ({
  pk: S(quarantinePk(spread(key, QUARANTINE_SHARDS))),
  sk: S(timelineKey(receivedAt, key)),
});

/** The outcome is compared as it was read, because what is taken back from the user's rows is what it says. */
function markerUpdate(table: string, { record, attributes, uses }: ErasableEvent, now: number) {
  const { key, state, outcome } = record;
  const kept = uses.length > 0 ? outcome && keptOutcome(outcome, uses) : undefined;
  const values: Record<string, AttributeValue> = {
    ':from': S(state),
    ':erased': S('erased'),
    ':now': N(now),
    ...(outcome !== undefined && { ':was': S(outcome) }),
    ...(kept !== undefined && { ':kept': S(kept) }),
  };
  const removed = attributes.filter((name) => !KEPT.has(name) && (name !== 'o' || kept === undefined));
  const names = Object.fromEntries(removed.map((name, index) => [`#r${String(index)}`, name]));
  const sets = `st = :erased, ea = :now${kept === undefined ? '' : ', o = :kept'}`;
  return {
    TableName: table,
    Key: { pk: S(eventPk(key)), sk: S(EVENT_SK) },
    UpdateExpression: `SET ${sets} REMOVE ${Object.keys(names).join(', ')}`,
    ConditionExpression: `st = :from AND ${outcome === undefined ? 'attribute_not_exists(o)' : 'o = :was'}`,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

/** What it counted, and by which rule: the totals of features are recomputed from it, and nobody is named in it. */
function keptOutcome(outcome: string, uses: Uses): string {
  const { generation, decidedAt } = fromStoredOutcome(outcome);
  const kept: EventOutcome = { generation, decidedAt, uses };
  return JSON.stringify(kept);
}

/** Takes back from the rows of the users what the events counted there. The rows of the features keep it. */
export function eraseUsageItems(table: string, events: readonly ErasableEvent[]): PlannedItem[] {
  const changes = events.flatMap(({ record, uses }) =>
    uses.map(({ featureId, delta }) => ({
      userId: record.userId,
      featureId,
      time: record.time,
      delta: negateDecimal(delta),
      events: -1 as const,
    })),
  );
  return foldUsage(changes)
    .filter((row) => row.userId !== undefined)
    .map((row) => ({ item: { Update: toUsageUpdate(table, row, 0) }, owners: [] }));
}
