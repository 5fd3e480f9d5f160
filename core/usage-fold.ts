import { fromMicros, toMicros } from './decimal.ts';
import { dayNumberOf, hourOf, hourOfDay } from './timestamp.ts';

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
  readonly total: Amount;
  readonly hours: Map<number, Amount>;
}

/** In millionths, and written as a decimal only when all of them are added. */
interface Amount {
  micros: bigint;
  count: number;
}

/** Per user and feature, and per feature, the sum of all changes. Rows whose changes cancel out are kept: they are exact. */
export function foldUsage(changes: Iterable<UsageChange>): UsageRowChange[] {
  const rows = new Map<string, Accumulator>();
  for (const change of changes) {
    const { userId, featureId, time, events } = change;
    const micros = toMicros(change.delta);
    const hour = hourOfDay(time);
    const names = usageRowNames(userId, featureId, time);
    for (const [name, owner] of [
      [names.ofUser, { userId }],
      [names.ofAll, {}],
    ] as const) {
      let row = rows.get(name);
      if (row === undefined) {
        row = { ...owner, featureId, day: hourOf(time).day, total: nothing(), hours: new Map() };
        rows.set(name, row);
      }
      let inHour = row.hours.get(hour);
      if (inHour === undefined) row.hours.set(hour, (inHour = nothing()));
      for (const amount of [row.total, inHour]) {
        amount.micros += micros;
        amount.count += events;
      }
    }
  }
  return [...rows.values()].map(({ total, hours, ...place }) => ({
    ...place,
    total: toHourlyAmount(total),
    hours: new Map([...hours].map(([hour, amount]) => [hour, toHourlyAmount(amount)])),
  }));
}

/** Names of the rows that one use changes, for telling rows apart: the length says where a user's id ends. */
export function usageRowNames(
  userId: string,
  featureId: string,
  time: number,
): { readonly ofUser: string; readonly ofAll: string } {
  const ofAll = `${dayNumberOf(time)} ${featureId}`;
  return { ofUser: `${userId.length}:${userId}${ofAll}`, ofAll };
}

const nothing = (): Amount => ({ micros: 0n, count: 0 });

const toHourlyAmount = ({ micros, count }: Amount): HourlyAmount => ({ sum: fromMicros(micros), count });
