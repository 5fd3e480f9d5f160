import { createRoute, z } from '@hono/zod-openapi';
import { unlessDamaged } from '../../../adapters/attributes.ts';
import { fromEventItem } from '../../../adapters/event-item.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { toIso } from '../../../core/timestamp.ts';
import { explainEvent, type EventExplanation, type RuleVerdict } from '../../../core/explain-event.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { ApiError } from '../api-error.ts';
import { toEventDetail } from '../event-answer.ts';
import { explainFacts } from '../explain-facts.ts';
import type { ExplainStep } from '../explain-step.ts';
import { explainSteps, rejectionSteps } from '../explain-steps.ts';
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
    'Every step from its arrival to the counter that it is in; the outcome that is stored; and what the rules as they are now say to it: every rule for this event name, with the first condition that does not hold. A message that was refused is explained as long as the live feed remembers it, about a week; one that was erased with its user by the mark that is left.',
  request: { params: z.strictObject({ messageId: pathId('messageId', 'ajs-7f1c') }), query: noQuery },
  responses: { 200: jsonAnswer('The explanation', explanationSchema), ...errors(...KEYED, 404) },
});

export function explainRoutes(app: AdminApp, deps: AdminDependencies): void {
  const { events, feed, rulesets } = deps;
  app.openapi(explain, async (c) => {
    const { messageId } = c.req.valid('param');
    const key = eventKeyOf(messageId);
    const [item, ruleset] = await Promise.all([events.get(key), rulesets.current()]);
    if (item === undefined) {
      const rejection = await feed.findRejection(key);
      if (rejection !== undefined) {
        const steps = rejectionSteps(rejection).map(toStep);
        return c.json({ messageId, status: 'rejected' as const, steps, rules: [] }, 200);
      }
      throw new ApiError(
        'not_found',
        'There is no event with this messageId: it never arrived, or was refused a while ago. GET /api/feed shows what was refused lately.',
      );
    }
    const record = fromEventItem(item);
    if (record.state === 'erased') {
      const steps = explainSteps(await explainFacts(deps, record, undefined)).map(toStep);
      return c.json({ messageId, status: 'erased' as const, steps, rules: [] }, 200);
    }
    const head = { messageId: record.messageId, status: record.state, event: toEventDetail(record) };
    // What is known of an event whose body is damaged is told all the same.
    const opened = await events.open(item).catch(unlessDamaged);
    const explanation = opened && explainEvent(opened.event, ruleset);
    const facts = await explainFacts(deps, record, explanation);
    const now = explanation && toNow(explanation);
    return c.json(
      {
        ...head,
        steps: explainSteps(facts).map(toStep),
        rules: now?.rules ?? [],
        ...(now !== undefined && { now }),
      },
      200,
    );
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

const toStep = ({ at, ...step }: ExplainStep) => ({ ...step, ...(at !== undefined && { at: toIso(at) }) });
