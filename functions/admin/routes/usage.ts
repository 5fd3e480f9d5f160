import { createRoute } from '@hono/zod-openapi';
import type { z } from '@hono/zod-openapi';
import { S } from '../../../adapters/attributes.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from '../../../adapters/cursor.ts';
import type { UsageDay } from '../../../adapters/usage-store.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import { textCell, toCsv } from '../csv.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { usageQuerySchema, usageSchema, USAGE_ROWS_MAX } from '../schemas/usage.ts';
import { usageByUser } from '../usage-by-user.ts';
import { windowRangeOf } from '../usage-range.ts';
import { daysOf, UsageWindows, type HourRange, type WindowRow } from '../usage-windows.ts';

/** Days of users or features that one answer looks at. */
const DAYS_READ_MAX = 200_000;

const get = createRoute({
  ...operation('getUsage'),
  tags: ['Usage'],
  summary: 'Read usage',
  description:
    'Sum and count per feature and window: of one user (`userId`), over all users, or of each user (`by=user`). Usage is kept by the hour: `from` and `to` are widened to whole hours.',
  request: { query: usageQuerySchema },
  responses: {
    200: {
      description:
        'Usage; with format=csv the columns windowStart, featureId, userId, sum, count, and the cursor of the next page in X-Next-Cursor',
      headers: {
        'X-Next-Cursor': {
          description: 'With format=csv: send it as `cursor` to get the next page; absent on the last page.',
          schema: { type: 'string' as const },
        },
      },
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
    const range = windowRangeOf(query, deps.now());
    const { window, format } = query;
    const { rows, next, total } = await pageOfUsage(deps, query, range);
    if (format === 'csv') {
      return c.body(usageCsv(rows), 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="usage.csv"',
        ...(next !== undefined && { 'x-next-cursor': next }),
      });
    }
    return c.json(
      {
        window,
        from: toIso(range.from),
        to: toIso(range.to),
        rows: [...rows],
        total,
        ...(next !== undefined && { cursor: next }),
      },
      200,
    );
  });
}

interface UsagePage {
  readonly rows: readonly (WindowRow & { readonly userId?: string })[];
  readonly next?: string | undefined;
  readonly total: { readonly sum: string; readonly count: number };
}

async function pageOfUsage(deps: AdminDependencies, query: UsageQuery, range: HourRange): Promise<UsagePage> {
  const { userId, by, limit, cursor } = query;
  if (by === 'user') {
    if (userId !== undefined)
      throw ApiError.at('by', 'by=user is for all users: leave it out, or leave `userId` out.');
    return await usageByUser(deps, query, range);
  }
  const windows = await read(deps, query, range);
  const { rows, next } = pageOf(windows.rows(), limit, cursor);
  const shown = userId === undefined ? rows : rows.map((row) => ({ ...row, userId }));
  return { rows: shown, next, total: windows.total() };
}

/** The rows after the one that the cursor names, which need not be there any more. */
function pageOf(
  rows: readonly WindowRow[],
  limit: number,
  cursor: string | undefined,
): { readonly rows: readonly WindowRow[]; readonly next?: string | undefined } {
  const after = decodeCursor(cursor)?.['after']?.S;
  if (cursor !== undefined && after === undefined)
    throw new InvalidCursorError('The cursor is not one that this list gave out.');
  const placeOf = ({ windowStart, featureId }: WindowRow): string => `${windowStart} ${featureId}`;
  const left = after === undefined ? rows : rows.filter((row) => placeOf(row) > after);
  const shown = left.slice(0, limit);
  const last = shown.at(-1);
  if (last === undefined || left.length === shown.length) return { rows: shown };
  return { rows: shown, next: encodeCursor({ after: S(placeOf(last)) }) };
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
    return read <= DAYS_READ_MAX && windows.size <= USAGE_ROWS_MAX;
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

function usageCsv(rows: UsagePage['rows']): string {
  return toCsv([
    ['windowStart', 'featureId', 'userId', 'sum', 'count'],
    ...rows.map((row) => [
      row.windowStart,
      textCell(row.featureId),
      textCell(row.userId ?? ''),
      row.sum,
      String(row.count),
    ]),
  ]);
}
