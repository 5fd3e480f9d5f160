import { createRoute, z } from '@hono/zod-openapi';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { explainEvent, type EventExplanation, type RuleVerdict } from '../../../core/explain-event.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { ApiError } from '../api-error.ts';
import { toEventDetail } from '../event-answer.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { explanationSchema } from '../schemas/explain.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

const explain = createRoute({
  ...operation('explainEvent'),
  tags: ['Events'],
  summary: 'Explain why an event counts, or does not',
  description:
    'The outcome that is stored, and what the rules as they are now say to it: every rule for this event name, with the first condition that does not hold.',
  request: { params: z.strictObject({ messageId: pathId('messageId', 'ajs-7f1c') }), query: noQuery },
  responses: { 200: jsonAnswer('The explanation', explanationSchema), ...errors(...KEYED, 404) },
});

export function explainRoutes(app: AdminApp, { events, rulesets }: AdminDependencies): void {
  app.openapi(explain, async (c) => {
    const [item, ruleset] = await Promise.all([
      events.get(eventKeyOf(c.req.valid('param').messageId)),
      rulesets.current(),
    ]);
    if (item === undefined) {
      throw new ApiError(
        'not_found',
        'There is no event with this messageId: it was rejected, or never arrived. GET /api/feed shows what was rejected.',
      );
    }
    const { record, event } = await events.open(item);
    return c.json({ event: toEventDetail(record), now: toNow(explainEvent(event, ruleset)) }, 200);
  });
}

function toNow({ decision, ...explanation }: EventExplanation) {
  return {
    ...explanation,
    rules: explanation.rules.map(toVerdict),
    outcome: decision.kind,
    ...(decision.kind === 'unmapped' && { reason: decision.reason }),
    ...(decision.kind === 'mapped' && {
      uses: decision.uses.map(({ featureId, delta, ruleId }) => ({
        featureId,
        delta,
        ...(ruleId !== undefined && { ruleId }),
      })),
    }),
  };
}

/** A JSON value of any shape, as the schema has it: its own type is too deep for the router's. */
interface FailedAnswer {
  path: string;
  operator: string;
  expected?: unknown;
  found?: unknown;
}

function toVerdict({ failed, ...verdict }: RuleVerdict) {
  const answer: FailedAnswer | undefined = failed;
  return { ...verdict, ...(answer !== undefined && { failed: answer }) };
}
