import { z } from '@hono/zod-openapi';
import { count, decimal, ID_LENGTH_MAX, queryText, queryTime, time } from './fields.ts';

export const USAGE_WINDOWS = ['hour', 'day', 'month'] as const;
export type UsageWindow = (typeof USAGE_WINDOWS)[number];

export const usageQuerySchema = z.strictObject({
  userId: queryText(ID_LENGTH_MAX)
    .optional()
    .openapi({ description: 'One user; without it the totals over all users', example: 'user-42' }),
  featureId: queryText(ID_LENGTH_MAX)
    .optional()
    .openapi({ description: 'One feature; without it every feature', example: 'messages' }),
  from: queryTime.openapi({ description: 'Inclusive, down to the hour; without it 30 days before `to`' }),
  to: queryTime.openapi({ description: 'Exclusive, up to the hour; without it the end of this hour' }),
  window: z.enum(USAGE_WINDOWS, { error: 'Write hour, day or month.' }).default('day').openapi({
    description: 'hour: at most 31 days; day: at most 366 days; month: at most 3,660 days. All UTC.',
  }),
  format: z.enum(['json', 'csv'], { error: 'Write json or csv.' }).default('json'),
});

const windowStart = time.openapi({ example: '2026-11-23T00:00:00.000Z' });

const usageRowSchema = z
  .object({
    windowStart,
    featureId: z.string(),
    userId: z.string().optional().openapi({ description: 'As asked for; absent in totals over all users' }),
    sum: decimal,
    count,
  })
  .openapi('UsageRow');

export const usageSchema = z
  .object({
    window: z.enum(USAGE_WINDOWS),
    from: time.openapi({ description: 'What was counted: `from` down to the hour' }),
    to: time.openapi({ description: 'What was counted: `to` up to the hour' }),
    rows: z.array(usageRowSchema).openapi({
      description:
        'By windowStart, then featureId. Windows without usage are left out; a first or last window that is only partly in the range counts that part.',
    }),
    total: z.object({ sum: decimal, count }),
  })
  .openapi('Usage', {
    example: {
      window: 'day',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      rows: [
        {
          windowStart: '2026-11-23T00:00:00.000Z',
          featureId: 'messages',
          userId: 'user-42',
          sum: '12.5',
          count: 3,
        },
      ],
      total: { sum: '12.5', count: 3 },
    },
  });
