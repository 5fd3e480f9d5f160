import { z } from '@hono/zod-openapi';
import { PAST_CHANGES, RULE_CHANGES } from '../../../adapters/config-item.ts';
import type { JsonValue } from '../../../core/json-value.ts';
import {
  checkRuleBody,
  ruleBodySchema as coreBodySchema,
  type Condition,
  type DeltaSource,
  type EventMatcher,
  type RuleBody,
} from '../../../core/mapping/rule.ts';
import { nextCursor, time } from './fields.ts';

// A rule's body is checked by the core (core/mapping/rule.ts), which reports all its problems at once. Its parts appear in
// the document under names, and openapi-document.ts puts the core's own schemas behind these names.

const isThere = (value: unknown): boolean => value !== undefined;
/** In answers, where they never are null: the document then says so. */
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
export const eventMatcherField = z.custom<EventMatcher>(isObject).openapi('EventMatcher', { type: 'object' });
export const conditionField = z.custom<Condition>(isObject).openapi('Condition', { type: 'object' });
export const deltaField = z.custom<DeltaSource>(isObject).openapi('DeltaSource', { type: 'object' });

const EXAMPLE_BODY = {
  name: 'Messages from paying teams',
  enabled: true,
  featureId: 'messages',
  event: { operator: 'equals', value: 'Message Sent' },
  conditions: [{ path: 'properties.plan', operator: 'in', value: ['pro', 'team'] }],
  delta: { path: 'properties.count' },
};

/** The body of a request is JSON, read by JSON.parse (guard.ts): its type says `unknown`. */
const json = z.custom<JsonValue>(isThere, {
  error: 'Write a JSON object with the fields of a rule.',
});

export const ruleBodySchema = json
  .transform((value, context): RuleBody => {
    const checked = checkRuleBody(value);
    if (checked.ok) return checked.body;
    // The paths of the core are written out already.
    for (const { path, message } of checked.problems) {
      context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message });
    }
    return z.NEVER;
  })
  .openapi('RuleBody', { type: 'object', example: EXAMPLE_BODY });

/** Which version is changed; the fields themselves are checked together with those that stay. */
export const ruleChangeSchema = json
  .transform((value, context): { fields: Record<string, JsonValue>; version?: number } => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      context.addIssue({ code: 'custom', message: 'Write a JSON object with the fields to change.' });
      return z.NEVER;
    }
    const { version, ...fields } = value;
    for (const key of Object.keys(fields).filter((name) => !Object.hasOwn(coreBodySchema.shape, name))) {
      context.addIssue({ code: 'custom', path: [key], message: 'There is no such field here.' });
    }
    if (version === undefined) return { fields };
    if (typeof version === 'number' && Number.isSafeInteger(version) && version > 0)
      return { fields, version };
    context.addIssue({
      code: 'custom',
      path: ['version'],
      message: 'Write the version that you read: a whole number.',
    });
    return z.NEVER;
  })
  .openapi('RuleChange', { type: 'object', example: { enabled: false, version: 1 } });

const savedBody = {
  name: z.string().optional(),
  enabled: z.boolean(),
  featureId: z.string(),
  event: eventMatcherField,
  conditions: z.array(conditionField),
  delta: deltaField.optional(),
};

const EXAMPLE_RULE = {
  id: 'rul_0mgq1x2ab4f1c29d0e7b6',
  version: 1,
  ...EXAMPLE_BODY,
  createdAt: '2026-11-23T14:05:00.000Z',
  updatedAt: '2026-11-23T14:05:00.000Z',
  updatedBy: 'admin-key',
};

const rule = {
  id: z.string(),
  version: z.number().int().openapi({ description: 'Grows by one with every change' }),
  ...savedBody,
  createdAt: time,
  updatedAt: time,
  updatedBy: z.string().openapi({ description: 'The id of an API key, or admin-key' }),
};

export const ruleSchema = z.object(rule).openapi('Rule', { example: EXAMPLE_RULE });

export const rulesSchema = z.object({ rules: z.array(ruleSchema), cursor: nextCursor }).openapi('Rules');

const ruleVersionSchema = z
  .object({
    version: z.number().int(),
    change: z.enum(RULE_CHANGES).openapi({
      description: 'reverted and recounted: nothing of the rule itself was changed',
    }),
    past: z
      .enum(PAST_CHANGES)
      .optional()
      .openapi({ description: 'What was asked for what the rule had counted before' }),
    at: time,
    by: z.string(),
    rule: z.object(savedBody),
  })
  .openapi('RuleVersion');

export const ruleWithHistorySchema = z
  .object({
    ...rule,
    history: z
      .array(ruleVersionSchema)
      .openapi({ description: 'The latest versions, at most 20, newest first' }),
  })
  .openapi('RuleWithHistory');

export const changedRuleSchema = z
  .object({
    ...rule,
    jobId: z.string().optional().openapi({
      description: 'With revert or recount: the job that changes the past, see /api/reprocessing',
    }),
  })
  .openapi('ChangedRule', { example: EXAMPLE_RULE });

export const pastJobSchema = z
  .object({ jobId: z.string().openapi({ description: 'See /api/reprocessing' }) })
  .openapi('PastJob', { example: { jobId: 'job_0000000007-revert' } });

export const ruleHistorySchema = z
  .object({
    versions: z.array(ruleVersionSchema).openapi({ description: 'Newest first' }),
    cursor: nextCursor,
  })
  .openapi('RuleHistory');

export const pastSwitch = (name: string) =>
  z
    .enum(['0', '1', 'true', 'false'], { error: `Write 1, or leave ${name} out.` })
    .optional()
    .transform((value) => value === '1' || value === 'true')
    .openapi({ type: 'string', enum: ['0', '1', 'true', 'false'] });
