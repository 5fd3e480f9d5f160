import { createRoute } from '@hono/zod-openapi';
import { withHypotheticalRule } from '../../../adapters/hypothetical-ruleset.ts';
import { UnmappedReader } from '../../../adapters/unmapped-reader.ts';
import { fieldLookup } from '../../../core/field-lookup.ts';
import { isJsonObject } from '../../../core/json-value.ts';
import type { FailedPart } from '../../../core/mapping/explain.ts';
import { compileEventMatcher } from '../../../core/mapping/event-matcher.ts';
import { RulePreview, type PreviewedEvent } from '../../../core/preview-rule.ts';
import { newestGenerationFor } from '../../../core/ruleset.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, WITH_BODY } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { previewBodySchema, rulePreviewSchema } from '../schemas/rule-preview.ts';
import { shorten } from '../unmapped-samples.ts';

/** Well inside of the function's 30 seconds; 100,000 events take less than half of it. */
const PREVIEW_MS = 20_000;
const PREVIEW_ROWS_MAX = 250_000;

const preview = createRoute({
  ...operation('previewRule'),
  tags: ['Rules'],
  summary: 'Try a rule on the stored unmapped events',
  description:
    'What saving the rule, enabled, would make of them, decided as saving decides it. Nothing is changed. The figures cover every event that the rule can match, or `exact` is false.',
  request: { query: noQuery, body: jsonBody(previewBodySchema) },
  responses: { 200: jsonAnswer('What would happen', rulePreviewSchema), ...errors(...WITH_BODY) },
});

export function rulePreviewRoutes(app: AdminApp, deps: AdminDependencies): void {
  const { config, rulesets, events, unmapped, now } = deps;
  const reader = new UnmappedReader(events, unmapped, now);

  app.openapi(preview, async (c) => {
    const { body, ruleId } = c.req.valid('json');
    const deadline = now() + PREVIEW_MS;
    const [current, before] = await Promise.all([
      rulesets.current(),
      ruleId === undefined ? undefined : config.getRule(ruleId),
    ]);
    if (ruleId !== undefined && before === undefined)
      throw ApiError.at('ruleId', 'There is no such rule: GET /api/rules lists all of them.');
    if (!current.featureById.has(body.featureId))
      throw ApiError.at(
        'featureId',
        'There is no such feature: create it first, or choose one from GET /api/features.',
      );

    const { rule, ruleset } = withHypotheticalRule(current, before, body, now());
    const accepts = compileEventMatcher(rule.event);
    // The rule itself, and those that could match more because it makes way for them.
    const movers = ruleset.rules.filter(
      (other) => other.id === rule.id || other.generation === ruleset.generation,
    );
    const shards = await reader.shardsFor(
      movers,
      (group) =>
        (group.kind === 'name' && accepts(group.name)) ||
        newestGenerationFor(group, ruleset) === ruleset.generation,
    );
    const figures = new RulePreview(rule, ruleset, current);
    const extent = await reader.read(shards, { deadline, rowsMax: PREVIEW_ROWS_MAX }, (record, event) => {
      figures.add({ messageId: record.messageId, event });
    });
    const { matched, invalidDelta, usage, users, samples, nearMisses } = figures.figures();
    return c.json(
      {
        exact: extent.complete,
        scanned: extent.read,
        total: extent.total,
        matched,
        invalidDelta,
        usage: [...usage],
        users: [...users],
        samples: samples.map(({ uses, ...sample }) => ({
          ...toEventAnswer(sample),
          // Of the rule itself where it counts: another may count for the event as well.
          delta: (uses.find((use) => use.ruleId === rule.id) ?? uses[0])?.delta ?? '0',
        })),
        nearMisses: nearMisses.map(({ failed, ...missed }) => ({
          ...toEventAnswer(missed),
          failed: toFailedAnswer(failed),
        })),
      },
      200,
    );
  });
}

const propertiesOf = fieldLookup('properties');

/** JSON values of any shape, as the schema has them: their own type is too deep for the router's. */
function toEventAnswer({ messageId, event }: PreviewedEvent) {
  const found = propertiesOf(event.payload) ?? null;
  const properties: Record<string, unknown> = shorten(isJsonObject(found) ? found : {}).properties;
  return {
    messageId,
    userId: event.userId,
    timestamp: toIso(event.time),
    event: event.name ?? '',
    properties,
  };
}

function toFailedAnswer({ path, operator, expected, found }: FailedPart) {
  const answer: { path: string; operator: string; expected?: unknown; found?: unknown } = {
    path,
    operator,
    expected,
    ...(found !== undefined && { found }),
  };
  return answer;
}
