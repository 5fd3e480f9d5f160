import { z } from '@hono/zod-openapi';
import { UNMAPPED_REASONS } from '../../../core/unmapped-group.ts';
import { decimal } from './fields.ts';
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

export const explanationSchema = z
  .object({
    event: eventHeadSchema.openapi({ description: 'The event and the outcome that is stored with it' }),
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
      .openapi({ description: 'What the rules as they are now would make of it, and why' }),
  })
  .openapi('Explanation');
