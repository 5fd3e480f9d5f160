import { S } from '../../adapters/attributes.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from '../../adapters/cursor.ts';
import type { UserUsage } from '../../adapters/feature-users.ts';
import type { DayRange } from '../../adapters/usage-store.ts';
import { ApiError } from './api-error.ts';
import type { AdminDependencies } from './dependencies.ts';
import { USAGE_ROWS_MAX, type UsageWindow } from './schemas/usage.ts';
import { daysOf, UsageWindows, type HourRange, type WindowRow } from './usage-windows.ts';

// Usage of every user, page by page. One feature's day (or month, where months are asked for) after the other, each as a
// whole, because the ids of a merged user count together and may be anywhere in it. The totals of the features say which
// days have users at all, so that nothing is read where nothing was used.

type ByUserDependencies = Pick<AdminDependencies, 'usage' | 'config' | 'users' | 'featureUsers'>;

export interface ByUserQuery {
  readonly featureId?: string | undefined;
  readonly window: UsageWindow;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface UserWindowRow extends WindowRow {
  readonly userId: string;
}

export interface ByUserPage {
  readonly rows: readonly UserWindowRow[];
  readonly next?: string | undefined;
  /** Of everybody, those included who were erased since. */
  readonly total: { readonly sum: string; readonly count: number };
}

/** Days of users that one answer reads, and that one feature may have in one day or month: some two seconds of reading. */
const USER_DAYS_MAX: Record<UsageWindow, number> = { hour: 5_000, day: 20_000, month: 20_000 };
/** Days of features' totals. */
const DAYS_READ_MAX = 200_000;

/** What is read as a whole. */
interface Part {
  /** A day, or a month: `2026-11-23` or `2026-11`. */
  readonly time: string;
  readonly featureId: string;
  readonly days: DayRange;
}

/** The last row of a page; with empty texts where the part has not been begun. */
interface Place {
  readonly time: string;
  readonly featureId: string;
  readonly windowStart: string;
  readonly userKey: string;
}

type PlacedRow = UserWindowRow & { readonly userKey: string };

export async function usageByUser(
  deps: ByUserDependencies,
  { featureId, window, limit, cursor }: ByUserQuery,
  range: HourRange,
): Promise<ByUserPage> {
  const after = toPlace(cursor);
  const { parts, total } = await partsOf(deps, featureId, range, window);
  const left = parts.filter((part) => after === undefined || compareParts(part, after) >= 0);
  const rows: UserWindowRow[] = [];
  let read = 0;
  for (const [index, part] of left.entries()) {
    const { users, complete } = await deps.featureUsers.ofFeature(
      part.featureId,
      part.days,
      USER_DAYS_MAX[window],
    );
    // What does not fit beside what was read already may fit alone.
    if (!complete && index > 0) return { rows, next: cursorOf({ ...part, ...BEGINNING }), total };
    if (!complete) throw tooMany(part);
    read += users.reduce((sum, user) => sum + user.rows.length, 0);
    const found = await rowsOf(deps, part, users, range, window);
    const isBegun = after !== undefined && compareParts(part, after) === 0;
    const wanted = isBegun ? found.filter((row) => compareRows(row, after) > 0) : found;
    const taken = wanted.slice(0, limit - rows.length);
    rows.push(...taken.map(({ userKey: _, ...row }) => row));
    const isLast = index === left.length - 1 && taken.length === wanted.length;
    const last = taken.at(-1);
    const isFull = rows.length === limit || read >= USER_DAYS_MAX[window];
    if (!isLast && isFull)
      return { rows, next: cursorOf({ ...part, ...(last ?? after ?? BEGINNING) }), total };
  }
  return { rows, total };
}

/** By time, then feature: those in which anything was counted at all. */
async function partsOf(
  { usage, config }: ByUserDependencies,
  featureId: string | undefined,
  range: HourRange,
  window: UsageWindow,
): Promise<{ readonly parts: readonly Part[]; readonly total: ByUserPage['total'] }> {
  const parts = new Map<string, Part>();
  const windows = new UsageWindows(range, window);
  let read = 0;
  const complete = await usage.ofEverybody(
    featureId === undefined ? await config.allFeatureIds() : [featureId],
    daysOf(range),
    (counted) => {
      read += 1;
      windows.add(counted);
      const { day } = counted.row;
      const time = window === 'month' ? day.slice(0, 'YYYY-MM'.length) : day;
      const key = `${time} ${counted.featureId}`;
      const { from, to } = parts.get(key)?.days ?? { from: day, to: day };
      const days = { from: day < from ? day : from, to: day > to ? day : to };
      parts.set(key, { time, featureId: counted.featureId, days });
      return read <= DAYS_READ_MAX && windows.size <= USAGE_ROWS_MAX;
    },
  );
  if (!complete) {
    const message =
      'That is more usage than one answer holds: shorten the range, choose a larger window, or ask for one feature.';
    throw new ApiError('not_possible', message);
  }
  return { parts: [...parts.values()].sort(compareParts), total: windows.total() };
}

async function rowsOf(
  { users }: ByUserDependencies,
  { featureId }: Part,
  found: readonly UserUsage[],
  range: HourRange,
  window: UsageWindow,
): Promise<readonly PlacedRow[]> {
  const roots = await users.roots(found.map(({ userKey }) => userKey));
  const byRoot = new Map<string, { readonly userId: string; readonly windows: UsageWindows }>();
  for (const { userKey, rows } of found) {
    const root = roots.get(userKey);
    if (root === undefined) continue; // erased a moment ago
    const known = byRoot.get(root.key) ?? { userId: root.userId, windows: new UsageWindows(range, window) };
    byRoot.set(root.key, known);
    for (const row of rows) known.windows.add({ featureId, row });
  }
  return [...byRoot]
    .flatMap(([userKey, { userId, windows }]) => windows.rows().map((row) => ({ ...row, userId, userKey })))
    .sort(compareRows);
}

type PartKey = Pick<Part, 'time' | 'featureId'>;
const compareParts = (left: PartKey, right: PartKey): number =>
  compare(left.time, right.time) || compare(left.featureId, right.featureId);

type RowKey = Pick<Place, 'windowStart' | 'userKey'>;
const compareRows = (left: RowKey, right: RowKey): number =>
  compare(left.windowStart, right.windowStart) || compare(left.userKey, right.userKey);

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const BEGINNING: RowKey = { windowStart: '', userKey: '' };

const cursorOf = ({ time, featureId, windowStart, userKey }: Place): string | undefined =>
  encodeCursor({ time: S(time), featureId: S(featureId), windowStart: S(windowStart), userKey: S(userKey) });

function toPlace(cursor: string | undefined): Place | undefined {
  const stored = decodeCursor(cursor);
  if (stored === undefined) return undefined;
  const [time, featureId, windowStart, userKey] = ['time', 'featureId', 'windowStart', 'userKey'].map(
    (name) => stored[name]?.S,
  );
  if (time === undefined || featureId === undefined || windowStart === undefined || userKey === undefined)
    throw new InvalidCursorError('The cursor is not one that this list gave out.');
  return { time, featureId, windowStart, userKey };
}

const tooMany = ({ time, featureId }: Part): ApiError =>
  new ApiError(
    'not_possible',
    `More users used ${featureId} in ${time} than one answer can count together: ${
      time.length === 'YYYY-MM'.length
        ? 'ask for days instead of months'
        : 'ask for its total without by=user, or for users one by one with userId'
    }.`,
  );
