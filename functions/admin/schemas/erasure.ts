import { z } from '@hono/zod-openapi';
import { count, time } from './fields.ts';

export const erasureSchema = z
  .object({
    erasureId: z.string(),
    userId: z
      .string()
      .optional()
      .openapi({ description: 'Only while it runs: a receipt does not name the user' }),
    status: z.enum(['running', 'done']).openapi({
      description: 'done after the last look, which comes some ten minutes after the first',
    }),
    erased: z.object({
      events: count.openapi({ description: 'Stored events of which only a mark is left' }),
      usageRows: count.openapi({ description: 'Days of usage per feature' }),
      links: count.openapi({ description: 'Other ids that led to the user' }),
      merges: count,
    }),
    startedAt: time,
    finishedAt: time.optional(),
  })
  .openapi('Erasure', {
    example: {
      erasureId: 'era_0mGq1x2ab4f1c29d0e7b6w',
      userId: 'user-42',
      status: 'running',
      erased: { events: 1_204, usageRows: 88, links: 2, merges: 2 },
      startedAt: '2026-11-23T14:05:00.000Z',
    },
  });
