import { z } from '@hono/zod-openapi';
import { count, queryLimit, time } from './fields.ts';

const amount = z.object({
  sum: z.string().openapi({
    description: 'An exact decimal, or `unreadable` for a stored number that no usage can add up to',
    example: '12.5',
  }),
  count,
});

const differenceSchema = z
  .object({
    userId: z.string().optional().openapi({
      description:
        'As the events carry it; absent: everybody. An id that is long or not plain is shown as ~ and a hash',
    }),
    featureId: z.string(),
    day: z.string().openapi({ description: 'A UTC day', example: '2026-11-23' }),
    hour: count.optional().openapi({ description: '0 to 23; absent: the total of the day' }),
    stored: amount,
    expected: amount.openapi({ description: 'What the stored events say' }),
  })
  .openapi('UsageDifference');

const summary = {
  id: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  scanned: count.openapi({ description: 'Stored items looked at' }),
  differenceCount: count.openapi({ description: 'Amounts that are wrong: totals of days, and hours' }),
  unsettled: count.openapi({
    description: 'Amounts that kept changing while they were compared, so that nothing is said about them',
  }),
  unreadableEvents: count.openapi({
    description: 'Counted events whose outcome is damaged; usage that they counted shows as a difference',
  }),
  error: z.string().optional().openapi({ description: 'With failed: why, as a sentence' }),
  startedAt: time,
  startedBy: z.string().openapi({ description: 'The id of an API key, or admin-key' }),
  finishedAt: time.optional(),
};

const example = {
  id: 'rec_1795442700000_0a1b2c3d4e5f',
  status: 'done',
  scanned: 48_210,
  differenceCount: 1,
  unsettled: 0,
  unreadableEvents: 0,
  startedAt: '2026-11-23T14:05:00.000Z',
  startedBy: 'admin-key',
  finishedAt: '2026-11-23T14:05:09.000Z',
} as const;

export const reconciliationSummarySchema = z.object(summary).openapi('ReconciliationSummary', { example });

export const reconciliationSchema = z
  .object({
    ...summary,
    differences: z
      .array(differenceSchema)
      .openapi({ description: 'The first 500; `differenceCount` counts all' }),
  })
  .openapi('Reconciliation', {
    example: {
      ...example,
      differences: [
        {
          userId: 'ada',
          featureId: 'messages',
          day: '2026-11-23',
          stored: { sum: '12.5', count: 4 },
          expected: { sum: '11.5', count: 4 },
        },
      ],
    },
  });

export const reconciliationsSchema = z
  .object({
    reconciliations: z.array(reconciliationSummarySchema).openapi({ description: 'Newest first' }),
  })
  .openapi('Reconciliations');

export const reconciliationsQuerySchema = z.strictObject({ limit: queryLimit(20, 50) });
