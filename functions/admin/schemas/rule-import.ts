import { z } from '@hono/zod-openapi';
import { FQL_LENGTH_MAX } from '../../../core/mapping/fql-syntax.ts';
import { conditionField, eventMatcherField } from './rule.ts';

export const ruleImportSchema = z
  .strictObject({
    filter: z
      .string({ error: 'Write the text of the filter.' })
      .min(1, { error: 'Write the text of the filter.' })
      .max(FQL_LENGTH_MAX, { error: `A filter can have at most ${String(FQL_LENGTH_MAX)} characters.` }),
    language: z.enum(['trigger', 'filter'], {
      error: 'Write trigger (of a mapping in a destination) or filter (a destination filter).',
    }),
  })
  .openapi('SegmentFilter', {
    example: { filter: 'event = "Message Sent" and properties.plan = "pro"', language: 'trigger' },
  });

export const importedRulesSchema = z
  .object({ rules: z.array(z.object({ event: eventMatcherField, conditions: z.array(conditionField) })) })
  .openapi('ImportedRules');
