import { z } from '@hono/zod-openapi';
import { UNMAPPED_REASONS } from '../../../core/unmapped-group.ts';
import { count } from './fields.ts';
import { conditionField, deltaField, eventMatcherField } from './rule.ts';

export const suggestQuerySchema = z.strictObject({
  reason: z
    .enum(UNMAPPED_REASONS, { error: `Write ${UNMAPPED_REASONS.join(', ')}, or leave it out.` })
    .optional()
    .openapi({ description: 'Only events that are unmapped for this reason' }),
});

export const suggestionsSchema = z
  .object({
    event: z.string(),
    sampled: count.openapi({ description: 'Events that were looked at: a sample where there are many' }),
    total: count.openapi({ description: 'Unmapped events with this name that name no feature themselves' }),
    properties: z
      .array(
        z.object({
          path: z.string(),
          present: count.openapi({ description: 'Of those sampled, how many have it' }),
          types: z.record(z.string(), count),
          values: z
            .array(z.object({ value: z.union([z.string(), z.number(), z.boolean()]), count }))
            .openapi({ description: 'The most frequent values' }),
        }),
      )
      .openapi({ description: 'What the events carry, the most common first' }),
    suggestions: z
      .array(
        z.object({
          rule: z
            .object({
              event: eventMatcherField,
              conditions: z.array(conditionField),
              delta: deltaField.optional(),
            })
            .openapi({ description: 'A rule body without its feature' }),
          matched: count.openapi({ description: 'Of those sampled, how many it would map' }),
          share: z.number().openapi({ description: 'The same from 0 to 1' }),
          why: z.string(),
        }),
      )
      .openapi({ description: 'Those that would map most first' }),
  })
  .openapi('RuleSuggestions', {
    example: {
      event: 'Message Sent',
      sampled: 812,
      total: 812,
      properties: [
        {
          path: 'properties.plan',
          present: 812,
          types: { text: 812 },
          values: [{ value: 'pro', count: 640 }],
        },
      ],
      suggestions: [
        {
          rule: { event: { operator: 'equals', value: 'Message Sent' }, conditions: [] },
          matched: 812,
          share: 1,
          why: 'Every event with this name counts.',
        },
      ],
    },
  });
