import { createRoute, z } from '@hono/zod-openapi';
import { toIso } from '../../../core/timestamp.ts';
import { isRoot, keysOfUser, type UserNode } from '../../../core/identity/user-node.ts';
import { PROFILE_FIELDS } from '../../../core/user.ts';
import type { Page } from '../../../adapters/event-store.ts';
import type { UserStore } from '../../../adapters/user-store.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { userDetailSchema, usersQuerySchema, usersSchema } from '../schemas/user.ts';
import { daysOf, UsageWindows, type HourRange } from '../usage-windows.ts';
import { toMergeAnswers } from '../merge-answer.ts';
import { toSourcesAnswer, toUserAnswers } from '../user-answer.ts';

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
    const page = await pageOf(deps, c.req.valid('query'));
    const users = await toUserAnswers(deps.users, page.rows);
    return c.json({ users, ...(page.cursor !== undefined && { cursor: page.cursor }) }, 200);
  });

  app.openapi(get, async (c) => {
    const user = await deps.users.get(c.req.valid('param').userId);
    if (user === undefined) {
      throw new ApiError('not_found', 'There is no user with this id: no processed event has named it yet.');
    }
    const [[answer], sources, usage, merges] = await Promise.all([
      toUserAnswers(deps.users, [user]),
      sourcesOf(deps, user),
      monthOf(deps, user),
      deps.merges.ofUser(user),
    ]);
    if (answer === undefined) throw new Error('A user has an answer.');
    return c.json(
      {
        ...answer,
        sources: toSourcesAnswer(user, sources),
        merges: await toMergeAnswers(deps.events, merges),
        usage,
      },
      200,
    );
  });
}

type UsersQuery = z.infer<typeof usersQuerySchema>;

async function pageOf(
  { users, userList }: AdminDependencies,
  { limit, cursor, query, audience, billing }: UsersQuery,
): Promise<Page<UserNode>> {
  if (audience !== undefined && query !== undefined)
    throw ApiError.at('audience', 'Give audience or query, not both.');
  if (billing !== undefined && (query !== undefined || audience !== undefined))
    throw ApiError.at('billing', 'Give billing without query and audience.');
  if (audience !== undefined) return await users.inAudience(audience, limit, cursor);
  if (billing !== undefined) return await usersOf(users, await userList.missingBilling(limit, cursor));
  const page = await usersOf(users, await userList.page(limit, cursor, query));
  if (query === undefined || cursor !== undefined) return page;
  // What is found by its whole email, billing id or merged id comes first; whose id begins so comes in its place anyway.
  const exact = (await users.exactly(query, limit)).filter(({ userId }) => !userId.startsWith(query));
  return { ...page, rows: [...exact, ...page.rows] };
}

async function usersOf(users: UserStore, page: Page<string>): Promise<Page<UserNode>> {
  const nodes = await users.getMany(page.rows);
  return {
    ...page,
    // Who has been merged since the list was read is in it no more.
    rows: page.rows.flatMap((userId) => {
      const node = nodes.get(userId);
      return node === undefined || !isRoot(node) ? [] : [node];
    }),
  };
}

const sourcesOf = ({ events }: AdminDependencies, { profile }: UserNode) =>
  events.records(PROFILE_FIELDS.flatMap((name) => profile[name]?.source ?? []));

/** The usage of all ids of a user in the current month. */
export async function monthOf({ usage, now }: Pick<AdminDependencies, 'usage' | 'now'>, root: UserNode) {
  const range = monthAround(now());
  const windows = new UsageWindows(range, 'month');
  await usage.ofKeys(keysOfUser(root), daysOf(range), (day) => {
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
