import { createRoute } from '@hono/zod-openapi';
import { factsForIdentifies } from '../../../adapters/identity-facts.ts';
import { keyPartOf } from '../../../adapters/keys.ts';
import { applyIdentify } from '../../../core/identity/apply-identify.ts';
import { isFlagged } from '../../../core/identity/email-group.ts';
import { IdentityDraft } from '../../../core/identity/identity-draft.ts';
import { identifyReason } from '../../../core/identity/identify-reason.ts';
import { emailOf } from '../../../core/identity/root-change.ts';
import { parseTimestamp } from '../../../core/timestamp.ts';
import { profileFromIdentify } from '../../../core/user.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { resolveBodySchema, resolveSchema } from '../schemas/resolve.ts';
import { toUserAnswers } from '../user-answer.ts';

const resolve = createRoute({
  ...operation('resolveUser'),
  tags: ['Users'],
  summary: 'What would this identify do?',
  description: 'Decides as the pipeline would at this moment, by the same code, and writes nothing.',
  request: { query: noQuery, body: jsonBody(resolveBodySchema) },
  responses: { 200: jsonAnswer('What it would do', resolveSchema), ...errors(...KEYED, 413, 415) },
});

/** The source of what is said, as if this were an event; it breaks ties of time against none that is stored. */
const SOURCE = 'resolve';

export function resolveRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(resolve, async (c) => {
    const { userId, traits = {}, context = {}, timestamp } = c.req.valid('json');
    const now = deps.now();
    const time = (timestamp === undefined ? undefined : parseTimestamp(timestamp)) ?? now;
    const { settings } = await deps.rulesets.current();
    const payload = { type: 'identify', userId, traits, context };
    const { profile: said, notes } = profileFromIdentify(payload, { time, source: SOURCE }, settings);
    const key = keyPartOf(userId);
    const draft = new IdentityDraft(await factsForIdentifies(deps.users, [], [{ key, said }]));
    const result = applyIdentify(draft, { eventKey: SOURCE, key, userId, said, notes, receivedAt: now }, now);
    const root = draft.rootOf(key);
    const email = said.email === undefined ? undefined : emailOf(root.profile);
    const shares = email !== undefined && isFlagged(draft.group(email));
    const [user] = await toUserAnswers(deps.users, [root]);
    if (user === undefined) throw new Error('A user has an answer.');
    const [merge] = draft.mergeChanges().flatMap(({ after }) => after ?? []);
    const flags = [
      ...(root.profile.billingId === undefined ? (['missing_billing'] as const) : []),
      ...(shares || user.flags.includes('shared_email') ? (['shared_email'] as const) : []),
    ];
    return c.json(
      {
        row: result.row,
        effect: result.effect,
        reason: identifyReason(result.row, result.refusal),
        user: { ...user, flags },
        ...(merge !== undefined && {
          merge: { survivorId: merge.survivor.userId, absorbedId: merge.absorbed.userId },
        }),
        flags,
        notes: [...result.notes],
      },
      200,
    );
  });
}
