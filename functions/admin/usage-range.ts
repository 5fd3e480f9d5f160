import { ApiError } from './api-error.ts';
import { wholeHours, type HourRange } from './usage-windows.ts';

const DAY_MS = 86_400_000;
const STANDARD_RANGE_MS = 30 * DAY_MS;

/** The hours that a query asks for; `max` bounds what one answer covers. */
export function rangeOf(
  query: { readonly from?: number | undefined; readonly to?: number | undefined },
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
