import { createRoute } from '@hono/zod-openapi';
import type { FeedEntry } from '../../../adapters/feed-store.ts';
import { toIso } from '../../../core/timestamp.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { toEventSummary } from '../event-answer.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { feedQuerySchema, feedSchema } from '../schemas/feed.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

/** One batch of reads, whatever the entries hold. */
const EVENTS_MAX = 100;

const list = createRoute({
  ...operation('listFeed'),
  tags: ['Events'],
  summary: 'Show what arrived lately',
  description:
    'Requests as they came in, accepted and refused, for whoever is connecting a sender. An entry is one request, or several of the same sender within a moment.',
  request: { query: feedQuerySchema },
  responses: { 200: jsonAnswer('The latest entries', feedSchema), ...errors(...KEYED) },
});

export function feedRoutes(app: AdminApp, { feed, events }: AdminDependencies): void {
  app.openapi(list, async (c) => {
    const entries = await feed.latest(c.req.valid('query').limit);
    const keys = entries.flatMap(({ eventKeys }) => eventKeys).slice(0, EVENTS_MAX);
    const records = await events.records(keys);
    const answer = entries.map((entry) => ({
      ...toAnswer(entry),
      events: entry.eventKeys
        .map((key) => records.get(key))
        .filter((record) => record !== undefined)
        .map(toEventSummary),
    }));
    return c.json({ entries: answer }, 200);
  });
}

const toAnswer = (entry: FeedEntry) => ({
  from: toIso(entry.from),
  at: toIso(entry.at),
  dialect: entry.dialect,
  ...(entry.apiKeyId !== undefined && { apiKeyId: entry.apiKeyId }),
  requests: entry.requests,
  accepted: entry.accepted,
  duplicates: entry.duplicates,
  rejections: entry.rejections.map(({ code, message, count }) => ({ code, message, count })),
});
