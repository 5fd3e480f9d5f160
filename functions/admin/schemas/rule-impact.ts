import { z } from '@hono/zod-openapi';
import { count } from './fields.ts';
import { usageChangesSchema } from './rule-preview.ts';

export const impactQuerySchema = z.strictObject({
  change: z.enum(['revert', 'recount'], { error: 'Write revert or recount.' }),
});

export const ruleImpactSchema = z
  .object({
    exact: z.boolean().openapi({
      description: 'false: there was no time to look at every stored event, and there may be more',
    }),
    events: count.openapi({ description: 'Events that the rule counts for and that would change' }),
    usage: usageChangesSchema.openapi({
      description: 'How the usage would change, signed: sums and counts of what comes minus what goes',
    }),
  })
  .openapi('RuleImpact', {
    example: { exact: true, events: 640, usage: [{ featureId: 'messages', sum: '-1920', count: -640 }] },
  });
