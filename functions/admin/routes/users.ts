import { createRoute, z } from '@hono/zod-openapi';
import { toIso } from '../../../core/timestamp.ts';
import type { UserNode } from '../../../core/identity/user-node.ts';
import { PROFILE_FIELDS } from '../../../core/user.ts';
import type { Page } from '../../../adapters/event-store.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { userDetailSchema, usersQuerySchema, usersSchema } from '../schemas/user.ts';
import { daysOf, UsageWindows, type HourRange } from '../usage-windows.ts';
import { toSourcesAnswer, toUserAnswer } from '../user-answer.ts';

const tags = ['Users'];

const list = createRoute({
  ...operation('listUsers'),
  tags,
  summary: 'List users',
  request: { query: usersQuerySchema },
  responses: { 200: jsonAnswer('Users', usersSchema), ...errors(...KEYED) },
});

const get = createRoute({
  ...operation('getUser'),
  tags,
  summary: 'Get a user with the usage of this month',
  request: { params: z.strictObject({ userId: pathId('userId', 'user-42') }), query: noQuery },
  responses: { 200: jsonAnswer('The user', userDetailSchema), ...errors(...KEYED, 404) },
});

export function userRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, query, audience } = c.req.valid('query');
    if (audience !== undefined && query !== undefined)
      throw ApiError.at('audience', 'Give audience or query, not both.');
    const page =
      audience === undefined
        ? await usersOf(deps, await deps.userList.page(limit, cursor, query))
        : await deps.users.inAudience(audience, limit, cursor);
    const engage = await deps.users.engageOf(page.rows);
    const shown = page.rows.map((user) => toUserAnswer(user, engage.get(user.key)));
    return c.json({ users: shown, ...(page.cursor !== undefined && { cursor: page.cursor }) }, 200);
  });

  app.openapi(get, async (c) => {
    const user = await deps.users.get(c.req.valid('param').userId);
    if (user === undefined) {
      throw new ApiError('not_found', 'There is no user with this id: no processed event has named it yet.');
    }
    const [sources, usage, engage] = await Promise.all([
      sourcesOf(deps, user),
      monthOf(deps, user),
      deps.users.engageOf([user]),
    ]);
    return c.json(
      { ...toUserAnswer(user, engage.get(user.key)), sources: toSourcesAnswer(user, sources), usage },
      200,
    );
  });
}

async function usersOf({ users }: AdminDependencies, page: Page<string>): Promise<Page<UserNode>> {
  const nodes = await users.getMany(page.rows);
  return { ...page, rows: page.rows.flatMap((userId) => nodes.get(userId) ?? []) };
}

const sourcesOf = ({ events }: AdminDependencies, { profile }: UserNode) =>
  events.records(PROFILE_FIELDS.flatMap((name) => profile[name]?.source ?? []));

async function monthOf({ usage, now }: AdminDependencies, { userId }: UserNode) {
  const range = monthAround(now());
  const windows = new UsageWindows(range, 'month');
  await usage.ofUser(userId, daysOf(range), (day) => {
    windows.add(day);
    return true;
  });
  const features = windows.rows().map(({ featureId, sum, count }) => ({ featureId, sum, count }));
  return { month: toIso(range.from).slice(0, 7), features };
}

function monthAround(time: number): HourRange {
  const date = new Date(time);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) };
}
