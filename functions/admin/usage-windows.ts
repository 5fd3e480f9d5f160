import { dayStart, hourOf, toIso } from '../../core/timestamp.ts';
import { fromMicros, toMicros } from '../../core/decimal.ts';
import type { UsageDay } from '../../adapters/usage-store.ts';
import type { UsageWindow } from './schemas/usage.ts';

// Counter rows of days become windows of hours, days or months, exactly. A range that begins or ends inside a window
// counts the hours of that window that are in the range.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** ISO 8601 writes years of four digits. */
const LATEST_MS = Date.UTC(9999, 11, 31, 23);

/** Epoch milliseconds, both on the hour; `to` is exclusive. */
export interface HourRange {
  readonly from: number;
  readonly to: number;
}

/** The whole hours that a range touches. */
export const wholeHours = (from: number, to: number): HourRange => ({
  from: Math.floor(from / HOUR_MS) * HOUR_MS,
  to: Math.min(Math.ceil(to / HOUR_MS) * HOUR_MS, LATEST_MS),
});

export const daysOf = ({ from, to }: HourRange): { from: string; to: string } => ({
  from: hourOf(from).day,
  to: hourOf(to - 1).day,
});

export interface WindowRow {
  readonly windowStart: string;
  readonly featureId: string;
  readonly sum: string;
  readonly count: number;
}

interface Amount {
  micros: bigint;
  count: number;
}

export class UsageWindows {
  private readonly range: HourRange;
  private readonly window: UsageWindow;
  private readonly amounts = new Map<
    string,
    Amount & { readonly start: number; readonly featureId: string }
  >();

  constructor(range: HourRange, window: UsageWindow) {
    this.range = range;
    this.window = window;
  }

  /** How many windows there are so far; those that cancel out to nothing are still among them. */
  get size(): number {
    return this.amounts.size;
  }

  add({ featureId, row }: UsageDay): void {
    const day = { day: row.day, total: row, hours: row.hours };
    for (const [start, amount] of windowsOf(this.range, this.window, day))
      this.count(start, featureId, amount);
  }

  /** By start, then feature. Windows in which nothing is counted are left out. */
  rows(): WindowRow[] {
    return [...this.amounts.values()]
      .filter(({ micros, count }) => micros !== 0n || count !== 0)
      .sort((left, right) => left.start - right.start || (left.featureId < right.featureId ? -1 : 1))
      .map(({ start, featureId, micros, count }) => ({
        windowStart: toIso(start),
        featureId,
        sum: fromMicros(micros),
        count,
      }));
  }

  total(): { sum: string; count: number } {
    let micros = 0n;
    let count = 0;
    for (const amount of this.amounts.values()) {
      micros += amount.micros;
      count += amount.count;
    }
    return { sum: fromMicros(micros), count };
  }

  private count(
    start: number,
    featureId: string,
    { sum, count }: { readonly sum: string; readonly count: number },
  ): void {
    const key = `${String(start)} ${featureId}`;
    const known = this.amounts.get(key);
    if (known === undefined) {
      this.amounts.set(key, { start, featureId, micros: toMicros(sum), count });
      return;
    }
    known.micros += toMicros(sum);
    known.count += count;
  }
}

interface CountedDay<Amount> {
  readonly day: string;
  readonly total: Amount;
  readonly hours: ReadonlyMap<number, Amount>;
}

/** What of a day is in the range: the start of a window, and what is to be added to that window. */
export function* windowsOf<Amount>(
  range: HourRange,
  window: UsageWindow,
  { day, total, hours }: CountedDay<Amount>,
): Iterable<[start: number, amount: Amount]> {
  const start = dayStart(day);
  const isWhole = start >= range.from && start + DAY_MS <= range.to;
  if (isWhole && window !== 'hour') {
    yield [startOf(window, start), total];
    return;
  }
  for (const [hour, amount] of hours) {
    const time = start + hour * HOUR_MS;
    if (time >= range.from && time < range.to) yield [startOf(window, time), amount];
  }
}

function startOf(window: UsageWindow, time: number): number {
  switch (window) {
    case 'hour':
      return time;
    case 'day':
      return Math.floor(time / DAY_MS) * DAY_MS;
    case 'month': {
      const date = new Date(time);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    }
  }
}
