import { createRoute, z } from '@hono/zod-openapi';
import { unlessDamaged } from '../../../adapters/attributes.ts';
import { SCAN_SEGMENTS } from '../../../adapters/event-scan.ts';
import { fromStoredOutcome } from '../../../adapters/event-outcome.ts';
import { fromEventItem } from '../../../adapters/event-item.ts';
import { withEditedRule, withoutHypotheticalRule } from '../../../adapters/hypothetical-ruleset.ts';
import type { SavedRule } from '../../../adapters/ruleset-change.ts';
import { decideEvent } from '../../../core/decide-event.ts';
import { RuleImpact } from '../../../core/rule-impact.ts';
import type { Ruleset } from '../../../core/ruleset.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED, WITH_BODY } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { ruleBodySchema } from '../schemas/rule.ts';
import { impactQuerySchema, ruleImpactSchema } from '../schemas/rule-impact.ts';

/** Somebody waits with a finger on the button. What is not read then is said to be missing. */
const IMPACT_MS = 12_000;

const params = z.strictObject({ ruleId: pathId('ruleId', 'rul_0mgq1x2ab4f1c29d0e7b6') });

const ofRule = createRoute({
  ...operation('getRuleImpact'),
  tags: ['Rules'],
  summary: 'What reverting or recounting a rule would change',
  description:
    'As if the rule were deleted and reverted, or recounted as it is stored. It looks through the stored events for some seconds: where these do not suffice, `exact` is false and the figures cover what was read.',
  request: { params, query: impactQuerySchema },
  responses: { 200: jsonAnswer('The difference', ruleImpactSchema), ...errors(...KEYED, 404) },
});

const ofEdit = createRoute({
  ...operation('previewRuleImpact'),
  tags: ['Rules'],
  summary: 'What editing a rule with recount would change',
  description: 'The body is that of the whole rule as it would be saved. Nothing is changed.',
  request: { params, query: noQuery, body: jsonBody(ruleBodySchema) },
  responses: { 200: jsonAnswer('The difference', ruleImpactSchema), ...errors(...WITH_BODY, 404) },
});

export function ruleImpactRoutes(app: AdminApp, deps: AdminDependencies): void {
  const { config, rulesets, now } = deps;
  const ruleOf = async (ruleId: string): Promise<SavedRule> => {
    const rule = await config.getRule(ruleId);
    if (rule !== undefined) return rule;
    throw new ApiError('not_found', 'There is no rule with this id: GET /api/rules lists all of them.');
  };

  app.openapi(ofRule, async (c) => {
    const { change } = c.req.valid('query');
    const [rule, current] = await Promise.all([ruleOf(c.req.valid('param').ruleId), rulesets.current()]);
    const then =
      change === 'revert'
        ? withoutHypotheticalRule(current, rule.id)
        : withEditedRule(current, rule, rule.body, now());
    return c.json(await impactOf(deps, change, rule, then), 200);
  });

  app.openapi(ofEdit, async (c) => {
    const body = c.req.valid('json');
    const [rule, current] = await Promise.all([ruleOf(c.req.valid('param').ruleId), rulesets.current()]);
    if (!current.featureById.has(body.featureId))
      throw ApiError.at(
        'featureId',
        'There is no such feature: create it first, or choose one from GET /api/features.',
      );
    return c.json(await impactOf(deps, 'recount', rule, withEditedRule(current, rule, body, now())), 200);
  });
}

async function impactOf(
  { scan, events, now }: AdminDependencies,
  kind: 'revert' | 'recount',
  rule: SavedRule,
  then: Ruleset,
) {
  const deadline = now() + IMPACT_MS;
  const impact = new RuleImpact({ kind, ruleId: rule.id, belowVersion: rule.version + 1 });
  const segments = Array.from({ length: SCAN_SEGMENTS }, async (_, segment): Promise<boolean> => {
    let cursor: string | undefined;
    do {
      if (now() >= deadline) return false;
      const page = await scan.counted(segment, rule.id, cursor);
      for (const item of page.found) {
        const uses = fromStoredOutcome(fromEventItem(item).outcome ?? '').uses ?? [];
        const opened = await events.open(item).catch(unlessDamaged);
        if (opened !== undefined) impact.add(uses, () => decideEvent(opened.event, then));
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    return true;
  });
  const complete = (await Promise.all(segments)).every((done) => done);
  const { events: count, usage } = impact.figures();
  return { exact: complete, events: count, usage: [...usage] };
}
