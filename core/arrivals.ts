import { dayNumberOf, hourOf, hourOfDay } from './timestamp.ts';

// How many events came in, by the hour in which they were received. An event arrives once: what becomes of it later changes
// nothing here (docs/decisions/0048-arrivals-are-counted-with-the-first-outcome.md).

/** An event that has its first outcome. */
export interface Arrival {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly isTrack: boolean;
  /** Whether that first outcome was `unmapped`. */
  readonly isUnmapped: boolean;
}

export interface ArrivalCounts {
  readonly events: number;
  /** Of them, track events. */
  readonly track: number;
  /** Of those, the ones that no feature counted when they came. */
  readonly unmapped: number;
}

export interface ArrivalDay {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly total: ArrivalCounts;
  /** Only hours in which something arrived. */
  readonly hours: ReadonlyMap<number, ArrivalCounts>;
}

export const NO_ARRIVALS: ArrivalCounts = { events: 0, track: 0, unmapped: 0 };

export const addArrivals = (left: ArrivalCounts, right: ArrivalCounts): ArrivalCounts => ({
  events: left.events + right.events,
  track: left.track + right.track,
  unmapped: left.unmapped + right.unmapped,
});

export function foldArrivals(arrivals: Iterable<Arrival>): ArrivalDay[] {
  const days = new Map<
    number,
    { readonly day: string; readonly total: Tally; readonly hours: Map<number, Tally> }
  >();
  for (const { receivedAt, isTrack, isUnmapped } of arrivals) {
    const number = dayNumberOf(receivedAt);
    const hour = hourOfDay(receivedAt);
    let row = days.get(number);
    if (row === undefined) {
      row = { day: hourOf(receivedAt).day, total: new Tally(), hours: new Map() };
      days.set(number, row);
    }
    let inHour = row.hours.get(hour);
    if (inHour === undefined) row.hours.set(hour, (inHour = new Tally()));
    for (const tally of [row.total, inHour]) {
      tally.events += 1;
      tally.track += Number(isTrack);
      tally.unmapped += Number(isUnmapped);
    }
  }
  return [...days.values()];
}

class Tally implements ArrivalCounts {
  events = 0;
  track = 0;
  unmapped = 0;
}
