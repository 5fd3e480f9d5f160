import { z } from '@hono/zod-openapi';
import type { JsonValue } from '../../../core/json-value.ts';
import { checkRuleBody, type RuleBody } from '../../../core/mapping/rule.ts';
import { count, decimal, time } from './fields.ts';

const isThere = (value: unknown): boolean => value !== undefined;
const anyValue = z.unknown().openapi({ description: 'A JSON value' });

/** A rule's body, and the id of the rule that it would replace. */
export const previewBodySchema = z
  .custom<JsonValue>(isThere, { error: 'Write a JSON object with the fields of a rule.' })
  .transform((value, context): { body: RuleBody; ruleId?: string } => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const { ruleId, ...fields } = isObject ? value : {};
    const checked = checkRuleBody(isObject ? fields : value);
    // The paths of the core are written out already.
    for (const { path, message } of checked.ok ? [] : checked.problems)
      context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message });
    if (ruleId !== undefined && (typeof ruleId !== 'string' || ruleId === ''))
      context.addIssue({
        code: 'custom',
        path: ['ruleId'],
        message: 'Write the id of the rule that is edited, or leave it out.',
      });
    if (!checked.ok) return z.NEVER;
    return { body: checked.body, ...(typeof ruleId === 'string' && { ruleId }) };
  })
  .openapi('RulePreviewBody', {
    type: 'object',
    description: 'The fields of a rule, and `ruleId` when an existing rule is edited',
    example: {
      featureId: 'messages',
      event: { operator: 'equals', value: 'Message Sent' },
      conditions: [{ path: 'properties.plan', operator: 'in', value: ['pro', 'team'] }],
    },
  });

const usage = { featureId: z.string(), sum: decimal, count };

export const usageChangesSchema = z.array(z.object(usage));

const event = {
  messageId: z.string(),
  userId: z.string(),
  timestamp: time.openapi({ description: 'The time that it counts at' }),
  event: z.string(),
  properties: z
    .record(z.string(), z.unknown())
    .openapi({ description: 'Without those that are too large to show' }),
};

export const failedConditionSchema = z.object({
  path: z.string(),
  operator: z.string(),
  expected: anyValue.optional(),
  found: anyValue.optional().openapi({ description: 'Absent when the event has nothing there' }),
});

export const rulePreviewSchema = z
  .object({
    exact: z
      .boolean()
      .openapi({ description: 'false: the figures cover `scanned` of `total` events, and no more' }),
    scanned: count.openapi({ description: 'Stored unmapped events that were tried' }),
    total: count.openapi({ description: 'Stored unmapped events whose name the rule takes' }),
    matched: count.openapi({ description: 'Of those tried, how many would become mapped' }),
    invalidDelta: count.openapi({
      description: 'How many match and would stay unmapped, because their delta is no number',
    }),
    usage: usageChangesSchema.openapi({ description: 'What they would add, per feature' }),
    users: z
      .array(z.object({ userId: z.string(), ...usage }))
      .openapi({ description: 'Whose usage would change most, at most 10' }),
    samples: z
      .array(z.object({ ...event, delta: decimal }))
      .openapi({ description: 'Events that would become mapped, at most 10' }),
    nearMisses: z
      .array(z.object({ ...event, failed: failedConditionSchema }))
      .openapi({ description: 'Events that fail exactly one condition of the rule, at most 10' }),
  })
  .openapi('RulePreview', {
    example: {
      exact: true,
      scanned: 812,
      total: 812,
      matched: 640,
      invalidDelta: 0,
      usage: [{ featureId: 'messages', sum: '1920', count: 640 }],
      users: [{ userId: 'user-42', featureId: 'messages', sum: '120', count: 40 }],
      samples: [
        {
          messageId: 'ajs-7f1c',
          userId: 'user-42',
          timestamp: '2026-11-23T14:05:00.000Z',
          event: 'Message Sent',
          properties: { plan: 'pro', count: 3 },
          delta: '3',
        },
      ],
      nearMisses: [],
    },
  });
