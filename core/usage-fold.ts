import { addDecimals } from './decimal.ts';
import { hourOf } from './timestamp.ts';

// Folding: many events of a chunk become few counter changes, because a transaction holds at most 100 items and every
// item is paid for.

export interface UsageChange {
  readonly userId: string;
  readonly featureId: string;
  /** Epoch milliseconds. */
  readonly time: number;
  /** Canonical decimal. */
  readonly delta: string;
  /** +1 counts an event, −1 takes one back. */
  readonly events: 1 | -1;
}

export interface HourlyAmount {
  readonly sum: string;
  readonly count: number;
}

/** The change of one counter row: a UTC day of one feature, of one user or of all. */
export interface UsageRowChange {
  readonly userId?: string;
  readonly featureId: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly total: HourlyAmount;
  readonly hours: ReadonlyMap<number, HourlyAmount>;
}

interface Accumulator {
  readonly userId?: string;
  readonly featureId: string;
  readonly day: string;
  total: HourlyAmount;
  hours: Map<number, HourlyAmount>;
}

/** Per user and feature, and per feature, the sum of all changes. Rows whose changes cancel out are kept: they are exact. */
export function foldUsage(changes: Iterable<UsageChange>): UsageRowChange[] {
  const rows = new Map<string, Accumulator>();
  for (const change of changes) {
    const { day, hour } = hourOf(change.time);
    for (const userId of [change.userId, undefined]) {
      const key = JSON.stringify([userId ?? null, change.featureId, day]);
      let row = rows.get(key);
      if (row === undefined) {
        row = {
          ...(userId !== undefined && { userId }),
          featureId: change.featureId,
          day,
          total: ZERO,
          hours: new Map(),
        };
        rows.set(key, row);
      }
      row.total = plus(row.total, change);
      row.hours.set(hour, plus(row.hours.get(hour) ?? ZERO, change));
    }
  }
  return [...rows.values()];
}

const ZERO: HourlyAmount = { sum: '0', count: 0 };

const plus = (amount: HourlyAmount, change: UsageChange): HourlyAmount => ({
  sum: addDecimals(amount.sum, change.delta),
  count: amount.count + change.events,
});
