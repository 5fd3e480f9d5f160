import { z } from '@hono/zod-openapi';
import { eventSummarySchema } from './event.ts';
import { count, queryLimit, time } from './fields.ts';

export const feedQuerySchema = z.strictObject({ limit: queryLimit(50, 100) });

const entrySchema = z
  .object({
    from: time.openapi({ description: 'Arrival of the first request in this entry' }),
    at: time.openapi({ description: 'Arrival of the last one' }),
    dialect: z
      .enum(['webhook', 'tracking'])
      .openapi({ description: 'webhook: /segment; tracking: /v1, where SDKs send' }),
    apiKeyId: z.string().optional().openapi({ description: 'Absent when there was no valid key' }),
    requests: count,
    accepted: count.openapi({ description: 'Events that were stored' }),
    duplicates: count.openapi({ description: 'Events whose messageId was known' }),
    rejections: z.array(z.object({ code: z.string(), message: z.string(), count })),
    events: z.array(eventSummarySchema).openapi({
      description:
        'Of the accepted events, those that are listed: not all of many, and none that was erased since',
    }),
  })
  .openapi('FeedEntry', {
    example: {
      from: '2026-11-23T14:05:00.000Z',
      at: '2026-11-23T14:05:01.000Z',
      dialect: 'webhook',
      apiKeyId: 'key_0a1b2c3d4e5f6a7b',
      requests: 3,
      accepted: 1,
      duplicates: 1,
      rejections: [
        { code: 'missing_user_id', message: 'userId is missing: usage needs to know whose it is.', count: 1 },
      ],
      events: [
        {
          messageId: 'ajs-7f1c',
          status: 'mapped',
          type: 'track',
          event: 'Message Sent',
          userId: 'user-42',
          timestamp: '2026-11-23T14:05:00.000Z',
          receivedAt: '2026-11-23T14:05:01.000Z',
          conflict: false,
        },
      ],
    },
  });

export const feedSchema = z
  .object({ entries: z.array(entrySchema).openapi({ description: 'Newest first' }) })
  .openapi('Feed');
