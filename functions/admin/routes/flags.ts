import { createRoute, z } from '@hono/zod-openapi';
import { groupSize } from '../../../core/identity/email-group.ts';
import { sharedEmailReason } from '../../../core/identity/shared-email.ts';
import { isRoot } from '../../../core/identity/user-node.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { CHANGE, KEYED, errors } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { flagsQuerySchema, missingBillingSchema, sharedEmailsSchema } from '../schemas/flag.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { toUserAnswers } from '../user-answer.ts';

const tags = ['Users'];

const missingBilling = createRoute({
  ...operation('listMissingBilling'),
  tags,
  summary: 'List users without a billing id',
  request: { query: flagsQuerySchema },
  responses: { 200: jsonAnswer('Users, by userId', missingBillingSchema), ...errors(...KEYED) },
});

const sharedEmails = createRoute({
  ...operation('listSharedEmails'),
  tags,
  summary: 'List users that share an email',
  request: { query: flagsQuerySchema },
  responses: { 200: jsonAnswer('Groups, in no particular order', sharedEmailsSchema), ...errors(...KEYED) },
});

const dismiss = createRoute({
  ...operation('dismissSharedEmail'),
  tags,
  summary: 'Say that the users of an email are not duplicates',
  description: 'The group leaves the list until a new user joins it.',
  request: { params: z.strictObject({ email: pathId('email', 'ada@example.com') }), query: noQuery },
  responses: { 204: { description: 'It is dismissed' }, ...errors(...CHANGE, 404) },
});

export function flagRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(missingBilling, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const [page, counts] = await Promise.all([
      deps.userList.missingBilling(limit, cursor),
      deps.flags.counts(),
    ]);
    const nodes = await deps.users.getMany(page.rows);
    // Who has been merged, or given a billing id, since the list was read is in it no more.
    const roots = page.rows.flatMap((userId) => {
      const node = nodes.get(userId);
      return node !== undefined && isRoot(node) && node.profile.billingId === undefined ? [node] : [];
    });
    const users = await toUserAnswers(deps.users, roots);
    const { cursor: next } = page;
    return c.json({ users, count: counts.missingBilling, ...(next !== undefined && { cursor: next }) }, 200);
  });

  app.openapi(sharedEmails, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const [page, counts] = await Promise.all([deps.flags.sharedEmails(limit, cursor), deps.flags.counts()]);
    const roots = page.rows.flatMap(({ users }) => users);
    const answers = new Map(
      (await toUserAnswers(deps.users, roots)).map((answer) => [answer.userId, answer]),
    );
    const groups = page.rows.map(({ group, users }) => ({
      email: group.email,
      userCount: groupSize(group),
      users: users.flatMap(({ userId }) => {
        const answer = answers.get(userId);
        return answer === undefined ? [] : [answer];
      }),
      ...sharedEmailReason(group, users),
    }));
    const { cursor: next } = page;
    return c.json({ groups, count: counts.sharedEmail, ...(next !== undefined && { cursor: next }) }, 200);
  });

  app.openapi(dismiss, async (c) => {
    const dismissed = await deps.flags.dismiss(c.req.valid('param').email);
    if (dismissed === 'unknown')
      throw new ApiError('not_found', 'No two users have this email: there is nothing to dismiss.');
    if (dismissed === 'busy')
      throw new ApiError(
        'busy',
        'The users of this email are changing at this moment: send the request again.',
      );
    return c.body(null, 204);
  });
}
