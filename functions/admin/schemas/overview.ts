import { z } from '@hono/zod-openapi';
import { count } from './fields.ts';

export const overviewSchema = z
  .object({
    hasEvents: z.boolean().openapi({ description: 'Whether any event has arrived' }),
    features: count.openapi({ description: 'Features, archived ones included' }),
    rules: count.openapi({ description: 'Rules, disabled ones included' }),
    unmapped: z
      .object({ groups: count, events: count })
      .openapi({ description: 'Groups are event names; counted over at most 5,000 parts of groups' }),
    users: count,
    flags: z
      .object({ missingBilling: count, sharedEmail: count })
      .openapi({ description: 'Users without a billing id, and emails that several users share' }),
    quarantined: count.openapi({ description: 'Counted up to 1,000' }),
    jobsRunning: count.openapi({ description: 'Of the latest ten jobs' }),
  })
  .openapi('Overview', {
    example: {
      hasEvents: true,
      features: 4,
      rules: 12,
      unmapped: { groups: 3, events: 812 },
      users: 64,
      flags: { missingBilling: 7, sharedEmail: 2 },
      quarantined: 0,
      jobsRunning: 1,
    },
  });
