import { z } from '@hono/zod-openapi';
import { EVENT_STATES } from '../../../adapters/event-item.ts';
import { UNMAPPED_REASONS } from '../../../core/unmapped-group.ts';
import { decimal, time } from './fields.ts';
import { eventHeadSchema } from './event.ts';

const anyValue = z.unknown().openapi({ description: 'A JSON value' });

const ruleVerdictSchema = z
  .object({
    ruleId: z.string(),
    version: z.number().int(),
    featureId: z.string(),
    matched: z.boolean(),
    failed: z
      .object({
        path: z.string(),
        operator: z.string(),
        expected: anyValue.optional(),
        found: anyValue.optional().openapi({ description: 'Absent when the event has nothing there' }),
      })
      .optional()
      .openapi({ description: 'The first condition that does not hold' }),
  })
  .openapi('RuleVerdict');

export const EXPLAIN_KINDS = [
  'erased',
  'rejected',
  'received',
  'stored',
  'conflict',
  'time',
  'redriven',
  'user',
  'waiting',
  'mapped',
  'counted',
  'unmapped',
  'tried',
  'applied',
  'merged',
  'merge_undone',
  'note',
  'reverted',
  'recounted',
  'quarantined',
  'rules',
  'now',
] as const;

const stepSchema = z
  .object({
    kind: z.enum(EXPLAIN_KINDS),
    title: z.string(),
    detail: z.string().optional(),
    at: time.optional().openapi({ description: 'Absent for what has no moment of its own' }),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('ExplainStep');

export const explanationSchema = z
  .object({
    messageId: z.string(),
    status: z.enum([...EVENT_STATES, 'rejected']),
    steps: z.array(stepSchema).openapi({ description: 'What happened, in sentences, in its order' }),
    rules: z
      .array(ruleVerdictSchema)
      .openapi({ description: 'The same as now.rules; empty for an event that no rule is asked about' }),
    event: eventHeadSchema.optional().openapi({
      description:
        'The event and the outcome that is stored with it; absent for a rejected and for an erased one',
    }),
    now: z
      .object({
        generation: z.number().int(),
        outcome: z.enum(['mapped', 'unmapped', 'applied']),
        reason: z.enum(UNMAPPED_REASONS).optional(),
        uses: z
          .array(z.object({ featureId: z.string(), delta: decimal, ruleId: z.string().optional() }))
          .optional(),
        namedFeature: z
          .string()
          .optional()
          .openapi({ description: 'The feature that the event names itself; rules are then not asked' }),
        rules: z.array(ruleVerdictSchema).openapi({ description: 'The rules that take this event name' }),
        rulesForOtherEvents: z.number().int(),
      })
      .optional()
      .openapi({
        description:
          'What the rules as they are now would make of it, and why; absent where its body cannot be read',
      }),
  })
  .openapi('Explanation', {
    example: {
      messageId: 'ajs-7f1c',
      status: 'unmapped',
      steps: [
        {
          kind: 'received',
          title: 'It arrived as a webhook (/segment) with the key "Segment".',
          at: '2026-11-23T14:05:01.000Z',
          data: { dialect: 'webhook', apiKeyId: 'key_0a1b2c3d4e5f6a7b' },
        },
        {
          kind: 'unmapped',
          title: 'It counts for nothing yet.',
          detail: 'No enabled rule matches it, and it names no feature itself.',
          at: '2026-11-23T14:05:02.000Z',
          data: { generation: 7 },
        },
      ],
      rules: [
        {
          ruleId: 'rul_0mgq1x2ab4f1c29d0e7b6',
          version: 1,
          featureId: 'messages',
          matched: false,
          failed: { path: 'properties.plan', operator: 'in', expected: ['pro', 'team'], found: 'free' },
        },
      ],
    },
  });
