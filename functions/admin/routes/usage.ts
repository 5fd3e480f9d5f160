import { createRoute } from '@hono/zod-openapi';
import type { z } from '@hono/zod-openapi';
import type { UsageDay } from '../../../adapters/usage-store.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import { textCell, toCsv } from '../csv.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { usageQuerySchema, usageSchema, type UsageWindow } from '../schemas/usage.ts';
import { daysOf, UsageWindows, wholeHours, type HourRange, type WindowRow } from '../usage-windows.ts';

const DAY_MS = 86_400_000;
const STANDARD_RANGE_MS = 30 * DAY_MS;
/** What one answer may cover, so that every answer is bounded in size and in what it reads. */
const RANGE_DAYS_MAX: Record<UsageWindow, number> = { hour: 31, day: 366, month: 3_660 };
const ROWS_MAX = 20_000;
const DAYS_READ_MAX = 200_000;

const get = createRoute({
  ...operation('getUsage'),
  tags: ['Usage'],
  summary: 'Read usage',
  description:
    'Sum and count per feature and window, for one user or over all users. Usage is kept by the hour: `from` and `to` are widened to whole hours.',
  request: { query: usageQuerySchema },
  responses: {
    200: {
      description: 'Usage; with format=csv the columns windowStart, featureId, userId, sum, count',
      content: {
        'application/json': { schema: usageSchema },
        'text/csv': {
          schema: {
            type: 'string' as const,
            example:
              'windowStart,featureId,userId,sum,count\r\n2026-11-23T00:00:00.000Z,messages,user-42,12.5,3\r\n',
          },
        },
      },
    },
    ...errors(...KEYED, 422),
  },
});

type UsageQuery = z.infer<typeof usageQuerySchema>;

export function usageRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(get, async (c) => {
    const query = c.req.valid('query');
    const range = rangeOf(query, deps.now());
    const windows = await read(deps, query, range);
    const rows = windows.rows();
    const { userId, window, format } = query;
    if (format === 'csv') {
      return c.body(usageCsv(rows, userId), 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="usage.csv"',
      });
    }
    const shown = userId === undefined ? rows : rows.map((row) => ({ ...row, userId }));
    return c.json(
      { window, from: toIso(range.from), to: toIso(range.to), rows: shown, total: windows.total() },
      200,
    );
  });
}

function rangeOf(query: UsageQuery, now: number): HourRange {
  // Now itself is still part of this hour, on the hour too.
  const to = query.to ?? now + 1;
  const from = query.from ?? Math.max(0, to - STANDARD_RANGE_MS);
  if (from >= to) {
    throw query.to === undefined
      ? ApiError.at('from', 'Write a time before now, or give `to` as well.')
      : ApiError.at('to', 'Write a time after `from`.');
  }
  const range = wholeHours(from, to);
  const daysMax = RANGE_DAYS_MAX[query.window];
  if (range.to - range.from > daysMax * DAY_MS) {
    throw ApiError.at(
      'from',
      `With window=${query.window} the range can be at most ${String(daysMax)} days: shorten it, or choose a larger window.`,
    );
  }
  return range;
}

async function read(
  { usage, config, users }: Pick<AdminDependencies, 'usage' | 'config' | 'users'>,
  { userId, featureId, window }: UsageQuery,
  range: HourRange,
): Promise<UsageWindows> {
  const windows = new UsageWindows(range, window);
  const days = daysOf(range);
  let read = 0;
  const take = (day: UsageDay): boolean => {
    read += 1;
    windows.add(day);
    return read <= DAYS_READ_MAX && windows.size <= ROWS_MAX;
  };
  const complete = await (userId === undefined
    ? usage.ofEverybody(featureId === undefined ? await config.allFeatureIds() : [featureId], days, take)
    : featureId === undefined
      ? usage.ofKeys(await users.keysOf(userId), days, take)
      : usage.ofKeysAndFeature(await users.keysOf(userId), featureId, days, take));
  if (complete) return windows;
  throw new ApiError(
    'not_possible',
    'That is more usage than one answer holds: shorten the range, choose a larger window, or ask for one feature.',
  );
}

function usageCsv(rows: readonly WindowRow[], userId = ''): string {
  return toCsv([
    ['windowStart', 'featureId', 'userId', 'sum', 'count'],
    ...rows.map((row) => [
      row.windowStart,
      textCell(row.featureId),
      textCell(userId),
      row.sum,
      String(row.count),
    ]),
  ]);
}
