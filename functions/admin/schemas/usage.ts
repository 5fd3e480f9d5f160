import { z } from '@hono/zod-openapi';
import {
  count,
  decimal,
  ID_LENGTH_MAX,
  nextCursor,
  queryCursor,
  queryLimit,
  queryText,
  queryTime,
  time,
} from './fields.ts';

export const USAGE_WINDOWS = ['hour', 'day', 'month'] as const;
/** Rows of one page, unless asked otherwise, and at most. */
const USAGE_PAGE_ROWS = 5_000;
export const USAGE_ROWS_MAX = 20_000;
export type UsageWindow = (typeof USAGE_WINDOWS)[number];

/** The query of whatever is read by windows. */
export const windowQuery = {
  from: queryTime.openapi({ description: 'Inclusive, down to the hour; without it 30 days before `to`' }),
  to: queryTime.openapi({ description: 'Exclusive, up to the hour; without it the end of this hour' }),
  window: z.enum(USAGE_WINDOWS, { error: 'Write hour, day or month.' }).default('day').openapi({
    description: 'hour: at most 31 days; day: at most 366 days; month: at most 3,660 days. All UTC.',
  }),
};

export const usageQuerySchema = z.strictObject({
  userId: queryText(ID_LENGTH_MAX)
    .optional()
    .openapi({ description: 'One user; without it the totals over all users', example: 'user-42' }),
  by: z.enum(['user'], { error: 'Write user, or leave this parameter out.' }).optional().openapi({
    description:
      'user: a row for each user instead of the totals, the usage of merged ids together; not with userId. Usage of this second may be missing.',
  }),
  featureId: queryText(ID_LENGTH_MAX)
    .optional()
    .openapi({ description: 'One feature; without it every feature', example: 'messages' }),
  ...windowQuery,
  format: z.enum(['json', 'csv'], { error: 'Write json or csv.' }).default('json'),
  cursor: queryCursor,
  limit: queryLimit(USAGE_PAGE_ROWS, USAGE_ROWS_MAX),
});

export const usageTopQuerySchema = z.strictObject({
  featureId: queryText(ID_LENGTH_MAX).openapi({ example: 'messages' }),
  from: windowQuery.from,
  to: windowQuery.to,
  limit: queryLimit(10, 100),
});

export const usageTopSchema = z
  .object({
    featureId: z.string(),
    from: time,
    to: time,
    users: z.array(z.object({ userId: z.string(), sum: decimal, count })).openapi({
      description:
        'Largest sum first; the usage of merged ids together. Events of this second may be missing.',
    }),
    complete: z.boolean().openapi({
      description:
        'false when there are more days of users than are looked at: the order is then that of those',
    }),
  })
  .openapi('UsageTop', {
    example: {
      featureId: 'messages',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      users: [{ userId: 'user-42', sum: '12.5', count: 3 }],
      complete: true,
    },
  });

export const windowStart = time.openapi({ example: '2026-11-23T00:00:00.000Z' });

const usageRowSchema = z
  .object({
    windowStart,
    featureId: z.string(),
    userId: z
      .string()
      .optional()
      .openapi({ description: 'As asked for, or with by=user each; absent in totals over all users' }),
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
        'By windowStart, then featureId; with by=user a day (or month) after the other, in it by featureId, windowStart and user. Windows without usage are left out; a first or last window that is only partly in the range counts that part.',
    }),
    total: z.object({ sum: decimal, count }).openapi({
      description: 'Of all pages together; with by=user it includes users who have been erased since',
    }),
    cursor: nextCursor,
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
