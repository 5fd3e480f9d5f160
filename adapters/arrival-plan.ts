import { foldArrivals } from '../core/arrivals.ts';
import { dayNumberOf } from '../core/timestamp.ts';
import { spread } from '../core/unmapped-group.ts';
import { ARRIVAL_SHARDS, toArrivalUpdate } from './arrival-item.ts';
import type { DecidedEvent } from './decided-event.ts';
import type { PlannedItem } from './planned-item.ts';

// An event arrives with the transaction that gives it its first outcome: `received` to whatever it becomes. Only a redrive
// makes an event `received` again, and notes that on it in the same transaction (quarantine.ts). So one that is received
// and was never redriven has never had an outcome, and one that was redriven has arrived before.

export const arrivesNow = ({ record }: DecidedEvent): boolean =>
  record.state === 'received' && record.redriven === undefined;

/**
 * The condition on the stored event under which it arrives. Its state alone is not enough: between the read and the commit
 * somebody else may have quarantined the event, which was then its arrival, and a person have sent it back.
 */
export const NEVER_REDRIVEN = 'attribute_not_exists(rd)';

/** A name for the row that the arrival of this event changes. */
export const arrivalKeysOf = (event: DecidedEvent): string[] =>
  arrivesNow(event) ? [`arrivals ${dayNumberOf(event.record.receivedAt)}`] : [];

export function arrivalItems(table: string, chunk: readonly DecidedEvent[]): PlannedItem[] {
  const shard = spread(chunk[0]?.record.key ?? '', ARRIVAL_SHARDS);
  const arrivals = chunk.filter(arrivesNow).map(({ record, decision }) => ({
    receivedAt: record.receivedAt,
    isTrack: record.type === 'track',
    isUnmapped: decision.kind === 'unmapped',
  }));
  return foldArrivals(arrivals).map((day) => ({
    item: { Update: toArrivalUpdate(table, day, shard) },
    owners: [],
  }));
}
