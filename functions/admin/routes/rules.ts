import { createRoute, z } from '@hono/zod-openapi';
import type { RuleVersion } from '../../../adapters/config-item.ts';
import type { SavedPast } from '../../../adapters/config-store.ts';
import type { SavedRule } from '../../../adapters/ruleset-change.ts';
import { isJsonObject, parseJson, type JsonValue } from '../../../core/json-value.ts';
import { RULE_LIMITS } from '../../../core/mapping/limits.ts';
import { checkRuleBody, type CheckedRuleBody, type RuleBody } from '../../../core/mapping/rule.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { notSaved } from '../not-saved.ts';
import { operation } from '../operations.ts';
import { CHANGE, CHANGE_WITH_BODY, KEYED, errors } from '../schemas/error.ts';
import { noQuery, pathId, queryCursor, queryLimit } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import {
  changedRuleSchema,
  pastJobSchema,
  pastSwitch,
  ruleBodySchema,
  ruleChangeSchema,
  ruleHistorySchema,
  ruleSchema,
  rulesSchema,
  ruleWithHistorySchema,
} from '../schemas/rule.ts';

const tags = ['Rules'];
const params = z.strictObject({ ruleId: pathId('ruleId', 'rul_0mgq1x2ab4f1c29d0e7b6') });

const list = createRoute({
  ...operation('listRules'),
  tags,
  summary: 'List rules',
  request: { query: z.strictObject({ cursor: queryCursor, limit: queryLimit(100, 100) }) },
  responses: { 200: jsonAnswer('Rules, oldest first', rulesSchema), ...errors(...KEYED) },
});

const create = createRoute({
  ...operation('createRule'),
  tags,
  summary: 'Create a rule',
  description: 'Stored unmapped events that it matches are counted at once; see /api/reprocessing.',
  request: { query: noQuery, body: jsonBody(ruleBodySchema) },
  responses: { 201: jsonAnswer('The rule', ruleSchema), ...errors(...CHANGE_WITH_BODY) },
});

const get = createRoute({
  ...operation('getRule'),
  tags,
  summary: 'Get a rule with its history',
  request: { params, query: noQuery },
  responses: { 200: jsonAnswer('The rule', ruleWithHistorySchema), ...errors(...KEYED, 404) },
});

const change = createRoute({
  ...operation('changeRule'),
  tags,
  summary: 'Change a rule',
  description:
    'The given fields replace those of the rule; `name` and `delta` are removed by null. With `version`, the change is refused with 409 when the rule has been changed since that version. Events that are mapped already are left as they are, unless `recount` asks to count again what the rule has counted, or `revert`, with a rule that is or becomes disabled, to take it back.',
  request: {
    params,
    query: z.strictObject({ recount: pastSwitch('recount'), revert: pastSwitch('revert') }),
    body: jsonBody(ruleChangeSchema),
  },
  responses: { 200: jsonAnswer('The rule', changedRuleSchema), ...errors(...CHANGE_WITH_BODY, 404) },
});

const remove = createRoute({
  ...operation('deleteRule'),
  tags,
  summary: 'Delete a rule',
  description:
    'Events that it has mapped stay counted, unless `revert` asks to take that back. Its history is kept.',
  request: { params, query: z.strictObject({ revert: pastSwitch('revert') }) },
  responses: {
    202: jsonAnswer('It is deleted, and what it has counted is being taken back', pastJobSchema),
    204: { description: 'It is deleted' },
    ...errors(...CHANGE, 404),
  },
});

const history = createRoute({
  ...operation('getRuleHistory'),
  tags,
  summary: 'Get every version of a rule, also of a deleted one',
  request: { params, query: z.strictObject({ cursor: queryCursor, limit: queryLimit(50, 100) }) },
  responses: { 200: jsonAnswer('Versions', ruleHistorySchema), ...errors(...KEYED, 404) },
});

export function ruleRoutes(app: AdminApp, { config, jobs, now }: AdminDependencies): void {
  /** Reprocessing makes the job as well, whoever is first: so the id that is answered is one that exists already. */
  const jobOf = (
    kind: 'revert' | 'recount',
    ruleId: string,
    { generation, cause }: SavedPast,
  ): Promise<string> => jobs.start(generation, cause, now(), kind, ruleId);

  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await config.listRules(limit, cursor);
    return c.json(
      { rules: page.rows.map(toAnswer), ...(page.cursor !== undefined && { cursor: page.cursor }) },
      200,
    );
  });

  app.openapi(create, async (c) => {
    const result = await config.createRule(c.req.valid('json'), c.var.caller.id, c.var.change);
    switch (result.kind) {
      case 'saved':
        return c.json(toAnswer(result.rule), 201);
      case 'unknown_feature':
        throw unknownFeature();
      case 'too_many':
        throw new ApiError(
          'not_possible',
          `There are ${String(RULE_LIMITS.rulesMax)} rules, which is the limit: delete one first.`,
        );
      default:
        throw notSaved(result);
    }
  });

  app.openapi(get, async (c) => {
    const { ruleId } = c.req.valid('param');
    const [rule, history] = await Promise.all([config.getRule(ruleId), config.ruleHistory(ruleId)]);
    if (rule === undefined) throw unknownRule();
    return c.json({ ...toAnswer(rule), history: history.map(toVersionAnswer) }, 200);
  });

  app.openapi(history, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await config.rulePast(c.req.valid('param').ruleId, limit, cursor);
    if (page.rows.length === 0 && cursor === undefined) throw unknownRule();
    return c.json(
      {
        versions: page.rows.map(toVersionAnswer),
        ...(page.cursor !== undefined && { cursor: page.cursor }),
      },
      200,
    );
  });

  app.openapi(change, async (c) => {
    const { ruleId } = c.req.valid('param');
    const { fields, version } = c.req.valid('json');
    const { recount, revert } = c.req.valid('query');
    if (recount && revert)
      throw ApiError.at('revert', 'Ask for recount or for revert: leave one of them out.');
    const past = recount ? 'recount' : revert ? 'revert' : undefined;
    const result = await config.changeRule(
      ruleId,
      (body) => replaceFields(body, fields),
      c.var.caller.id,
      { version, ...(past !== undefined && { past }) },
      c.var.change,
    );
    switch (result.kind) {
      case 'saved': {
        const jobId =
          past === undefined || result.past === undefined
            ? undefined
            : await jobOf(past, ruleId, result.past);
        return c.json({ ...toAnswer(result.rule), ...(jobId !== undefined && { jobId }) }, 200);
      }
      case 'still_enabled':
        throw new ApiError(
          'not_possible',
          'A rule that goes on counting cannot be reverted: send "enabled": false as well, or use recount.',
        );
      case 'not_found':
        throw unknownRule();
      case 'unknown_feature':
        throw unknownFeature();
      case 'moved':
        throw new ApiError(
          'version_conflict',
          `The rule has been changed since: it is at version ${String(result.version)} now. Read it again, then repeat your change.`,
        );
      case 'invalid':
        throw new ApiError('invalid_request', 'The changed rule would not be valid: see details.', {
          details: result.problems,
        });
      default:
        throw notSaved(result);
    }
  });

  app.openapi(remove, async (c) => {
    const { ruleId } = c.req.valid('param');
    const { revert } = c.req.valid('query');
    const result = await config.deleteRule(
      ruleId,
      c.var.caller.id,
      revert ? 'revert' : undefined,
      c.var.change,
    );
    switch (result.kind) {
      case 'deleted':
        if (result.past === undefined) return c.body(null, 204);
        return c.json({ jobId: await jobOf('revert', ruleId, result.past) }, 202);
      case 'not_found':
        throw unknownRule();
      default:
        throw notSaved(result);
    }
  });
}

/** Null removes what may be absent (RFC 7386); anywhere else it stays, to be reported as a problem of that field. */
const REMOVABLE = new Set(['name', 'delta']);

function replaceFields(body: RuleBody, fields: Readonly<Record<string, JsonValue>>): CheckedRuleBody {
  const current = parseJson(JSON.stringify(body));
  const before = current.ok && isJsonObject(current.value) ? current.value : {};
  const after = Object.entries({ ...before, ...fields }).filter(
    ([key, value]) => value !== null || !REMOVABLE.has(key),
  );
  return checkRuleBody(Object.fromEntries(after));
}

const unknownRule = (): ApiError =>
  new ApiError('not_found', 'There is no rule with this id: GET /api/rules lists all of them.');

const unknownFeature = (): ApiError =>
  ApiError.at(
    'featureId',
    'There is no such feature: create it first, or choose one from GET /api/features.',
  );

const toAnswer = ({ id, version, body, createdAt, updatedAt, updatedBy }: SavedRule) => ({
  id,
  version,
  ...body,
  createdAt: toIso(createdAt),
  updatedAt: toIso(updatedAt),
  updatedBy,
});

const toVersionAnswer = ({ version, change: kind, past, at, by, body }: RuleVersion) => ({
  version,
  change: kind,
  ...(past !== undefined && { past }),
  at: toIso(at),
  by,
  rule: body,
});
