import { ApiError } from './api-error.ts';
import type { UsageWindow } from './schemas/usage.ts';
import { wholeHours, type HourRange } from './usage-windows.ts';

const DAY_MS = 86_400_000;
const STANDARD_RANGE_MS = 30 * DAY_MS;

/** What one answer may cover by windows of each size, so that every answer is bounded in size and in what it reads. */
const WINDOW_DAYS_MAX: Record<UsageWindow, number> = { hour: 31, day: 366, month: 3_660 };

interface RangeQuery {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** The hours that a query for windows of some size asks for. */
export const windowRangeOf = (query: RangeQuery & { readonly window: UsageWindow }, now: number): HourRange =>
  rangeOf(query, now, { days: WINDOW_DAYS_MAX[query.window], window: query.window });

/** The hours that a query asks for; `max` bounds what one answer covers. */
export function rangeOf(
  query: RangeQuery,
  now: number,
  max: { readonly days: number; readonly window?: string },
): HourRange {
  // Now itself is still part of this hour, on the hour too.
  const to = query.to ?? now + 1;
  const from = query.from ?? Math.max(0, to - STANDARD_RANGE_MS);
  if (from >= to) {
    throw query.to === undefined
      ? ApiError.at('from', 'Write a time before now, or give `to` as well.')
      : ApiError.at('to', 'Write a time after `from`.');
  }
  const range = wholeHours(from, to);
  if (range.to - range.from > max.days * DAY_MS) {
    throw ApiError.at(
      'from',
      max.window === undefined
        ? `The range can be at most ${String(max.days)} days: shorten it.`
        : `With window=${max.window} the range can be at most ${String(max.days)} days: shorten it, or choose a larger window.`,
    );
  }
  return range;
}
