import { z } from '@hono/zod-openapi';
import { count, time } from './fields.ts';
import { USAGE_WINDOWS, windowQuery, windowStart } from './usage.ts';

export const arrivalsQuerySchema = z.strictObject(windowQuery);

const counts = {
  events: count.openapi({ description: 'Track and identify events' }),
  track: count.openapi({ description: 'Of them, track events' }),
  unmapped: count.openapi({
    description:
      'Of the track events, those that no feature counted when they came; later rules do not change it',
  }),
};

export const arrivalsSchema = z
  .object({
    window: z.enum(USAGE_WINDOWS),
    from: time.openapi({ description: 'What was counted: `from` down to the hour' }),
    to: time.openapi({ description: 'What was counted: `to` up to the hour' }),
    rows: z.array(z.object({ windowStart, ...counts })).openapi({
      description:
        'By windowStart. Windows in which nothing came are left out; a first or last window that is only partly in the range counts that part.',
    }),
    total: z.object(counts),
  })
  .openapi('Arrivals', {
    example: {
      window: 'day',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-12-01T00:00:00.000Z',
      rows: [{ windowStart: '2026-11-23T00:00:00.000Z', events: 1240, track: 1200, unmapped: 36 }],
      total: { events: 1240, track: 1200, unmapped: 36 },
    },
  });
