// Which time a chart shows, how finely, and how that stands in an address. Usage is counted in UTC, so that a day is the same
// day for everybody. Pure.

export type UsageWindow = 'hour' | 'day' | 'month';

export interface UsageRange {
  /** Epoch milliseconds; inclusive, the beginning of a window. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly window: UsageWindow;
}

export const PRESETS = ['24h', '7d', '30d', '90d', '12m'] as const;
export type Preset = (typeof PRESETS)[number];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** What the API answers at once. */
const DAYS_MAX: Readonly<Record<UsageWindow, number>> = { hour: 31, day: 366, month: 3_660 };

export const isPreset = (text: string | null): text is Preset => PRESETS.some((preset) => preset === text);

/** The time that ends with the window that `now` is in. */
export function presetRange(preset: Preset, now: number): UsageRange {
  switch (preset) {
    case '24h': {
      const to = startOf(now, 'hour') + HOUR;
      return { from: to - 24 * HOUR, to, window: 'hour' };
    }
    case '7d':
      return days(7, now);
    case '30d':
      return days(30, now);
    case '90d':
      return days(90, now);
    case '12m': {
      const to = nextStart(startOf(now, 'month'), 'month');
      const end = new Date(to);
      return { from: Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - 12), to, window: 'month' };
    }
  }
}

function days(count: number, now: number): UsageRange {
  const to = startOf(now, 'day') + DAY;
  return { from: to - count * DAY, to, window: 'day' };
}

/** A range that somebody chose, in the finest window that is not too many bars; whole windows, and at least one. */
export function chosenRange(from: number, to: number): UsageRange {
  const length = Math.max(to - from, 1);
  const window = length <= 3 * DAY ? 'hour' : length <= 120 * DAY ? 'day' : 'month';
  return wholeWindows(from, from + length, window);
}

/** The same time in other windows, shortened to what can be asked for. */
export function withWindow(range: UsageRange, window: UsageWindow): UsageRange {
  const from = Math.max(range.from, range.to - DAYS_MAX[window] * DAY);
  return wholeWindows(from, range.to, window);
}

function wholeWindows(from: number, to: number, window: UsageWindow): UsageRange {
  const start = startOf(from, window);
  const last = startOf(to - 1, window);
  const end = nextStart(last, window);
  // Widened to whole windows it may be a little too much for one answer.
  const isTooLong = end - start > DAYS_MAX[window] * DAY;
  return { from: isTooLong ? nextStart(start, window) : start, to: end, window };
}

/** As long as this one, and directly before it. */
export function previousRange({ from, to, window }: UsageRange): UsageRange {
  if (window !== 'month') return { from: from - (to - from), to: from, window };
  const [start, end] = [new Date(from), new Date(to)];
  const months =
    (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth();
  return { from: Date.UTC(start.getUTCFullYear(), start.getUTCMonth() - months), to: from, window };
}

/** The beginning of every window in the range. */
export function windowStarts({ from, to, window }: UsageRange): number[] {
  const starts: number[] = [];
  for (let start = startOf(from, window); start < to; start = nextStart(start, window)) starts.push(start);
  return starts;
}

export function startOf(time: number, window: UsageWindow): number {
  if (window === 'hour') return Math.floor(time / HOUR) * HOUR;
  if (window === 'day') return Math.floor(time / DAY) * DAY;
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

export function nextStart(start: number, window: UsageWindow): number {
  if (window === 'hour') return start + HOUR;
  if (window === 'day') return start + DAY;
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/** `from=2026-11-01&to=2026-11-24`, or `range=30d`; with `window` where it is not the range's own. */
export function readRange(search: URLSearchParams, now: number): UsageRange {
  const preset = search.get('range');
  const [from, to] = [timeIn(search.get('from')), timeIn(search.get('to'))];
  const range =
    from !== undefined && to !== undefined && from < to
      ? chosenRange(from, to)
      : presetRange(isPreset(preset) ? preset : '30d', now);
  const window = search.get('window');
  return window === 'hour' || window === 'day' || window === 'month' ? withWindow(range, window) : range;
}

function timeIn(text: string | null): number | undefined {
  const time = text === null ? NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
