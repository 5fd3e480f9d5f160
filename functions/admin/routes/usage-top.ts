import { createRoute } from '@hono/zod-openapi';
import { compareDecimals, sumDecimals } from '../../../core/decimal.ts';
import { toIso } from '../../../core/timestamp.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { usageTopQuerySchema, usageTopSchema } from '../schemas/usage.ts';
import { rangeOf } from '../usage-range.ts';
import { daysOf, UsageWindows } from '../usage-windows.ts';

const RANGE_DAYS_MAX = 93;
/** Days of users that one answer looks at: some two seconds of reading. */
const ROWS_MAX = 20_000;

const top = createRoute({
  ...operation('getTopUsers'),
  tags: ['Usage'],
  summary: 'List the users who used a feature most',
  description: `By sum, in a range of at most ${String(RANGE_DAYS_MAX)} days.`,
  request: { query: usageTopQuerySchema },
  responses: { 200: jsonAnswer('The users', usageTopSchema), ...errors(...KEYED) },
});

export function usageTopRoutes(app: AdminApp, { featureUsers, users, now }: AdminDependencies): void {
  app.openapi(top, async (c) => {
    const { featureId, limit, ...query } = c.req.valid('query');
    const range = rangeOf(query, now(), { days: RANGE_DAYS_MAX });
    const { users: found, complete } = await featureUsers.ofFeature(featureId, daysOf(range), ROWS_MAX);
    const roots = await users.roots(found.map(({ userKey }) => userKey));
    // Ids that were merged count together, as everywhere.
    const totals = new Map<string, { sum: string; count: number }>();
    for (const { userKey, rows } of found) {
      const root = roots.get(userKey);
      if (root === undefined) continue; // erased a moment ago
      const windows = new UsageWindows(range, 'month');
      for (const row of rows) windows.add({ featureId, row });
      const total = windows.total();
      const known = totals.get(root.userId) ?? { sum: '0', count: 0 };
      totals.set(root.userId, {
        sum: sumDecimals([known.sum, total.sum]),
        count: known.count + total.count,
      });
    }
    const order = [...totals]
      .map(([userId, total]) => ({ userId, ...total }))
      .filter(({ sum, count }) => sum !== '0' || count !== 0)
      .sort((left, right) => compareDecimals(right.sum, left.sum) || (left.userId < right.userId ? -1 : 1));
    return c.json(
      { featureId, from: toIso(range.from), to: toIso(range.to), users: order.slice(0, limit), complete },
      200,
    );
  });
}
