import { createRoute, z } from '@hono/zod-openapi';
import type { EventRecord } from '../../../adapters/event-item.ts';
import type { Page } from '../../../adapters/event-store.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { toEventDetail, toEventSummary } from '../event-answer.ts';
import { findEvent } from '../find-event.ts';
import { operation } from '../operations.ts';
import { toInvalidRequest } from '../problems.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { eventSchema, eventsQuerySchema, eventsSchema } from '../schemas/event.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

const tags = ['Events'];

const list = createRoute({
  ...operation('listEvents'),
  tags,
  summary: 'List events',
  description:
    'Three lists: `userId` (with `from`, `to`), `status=quarantined` (with `from`, `to`), and `status=unmapped` (with `event`, and with it `featureId`), which comes in no particular order. Other combinations are not offered. A page may be short, or even empty, and still have a `cursor`.',
  request: { query: eventsQuerySchema },
  responses: { 200: jsonAnswer('Events', eventsSchema), ...errors(...KEYED) },
});

const get = createRoute({
  ...operation('getEvent'),
  tags,
  summary: 'Get an event with its body and outcome',
  request: { params: z.strictObject({ messageId: pathId('messageId', 'ajs-7f1c') }), query: noQuery },
  responses: { 200: jsonAnswer('The event', eventSchema), ...errors(...KEYED, 404) },
});

type EventsQuery = z.infer<typeof eventsQuerySchema>;

export function eventRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(list, async (c) => {
    const page = await findEvents(deps, c.req.valid('query'));
    return c.json(
      { events: page.rows.map(toEventSummary), ...(page.cursor !== undefined && { cursor: page.cursor }) },
      200,
    );
  });

  // Registered by hand, because `openapi` takes only answers that it can type, and this one is written as text: the body
  // goes out as it came, since parsing it would round integers above 2^53.
  app.openAPIRegistry.registerPath(get);
  app.get(get.getRoutingPath(), async (c) => {
    const query = noQuery.safeParse(c.req.query());
    if (!query.success) throw toInvalidRequest('query', query.error.issues);
    const item = await findEvent(deps.events, c.req.param('messageId'));
    const { record, event } = await deps.events.open(item);
    const head = JSON.stringify(toEventDetail(record));
    return c.body(`${head.slice(0, -1)},"body":${event.text}}`, 200, { 'content-type': 'application/json' });
  });
}

async function findEvents({ eventList }: AdminDependencies, query: EventsQuery): Promise<Page<EventRecord>> {
  const { status, event, featureId, userId, limit, cursor } = query;
  const range = {
    ...(query.from !== undefined && { from: query.from }),
    ...(query.to !== undefined && { to: query.to }),
  };
  if (query.from !== undefined && query.to !== undefined && query.from >= query.to) {
    throw ApiError.at('to', 'Write a time after `from`.');
  }
  if (userId !== undefined) {
    allowOnly(query, 'userId', ['userId', 'from', 'to']);
    return await eventList.ofUser(userId, range, limit, cursor);
  }
  switch (status) {
    case 'quarantined':
      allowOnly(query, 'status=quarantined', ['status', 'from', 'to']);
      return await eventList.quarantined(range, limit, cursor);
    case 'unmapped':
      allowOnly(query, 'status=unmapped', ['status', 'event', 'featureId']);
      if (featureId !== undefined && event === undefined)
        throw ApiError.at('event', 'Give `event` together with `featureId`.');
      return await eventList.unmappedEvents(
        { ...(event !== undefined && { event }), ...(featureId !== undefined && { featureId }) },
        limit,
        cursor,
      );
    case undefined:
      throw ApiError.at('userId', 'Say which events: give userId, status=unmapped or status=quarantined.');
    case 'erased':
      throw ApiError.at('status', 'Erased events are not listed: there is nothing left of them to show.');
    default:
      throw ApiError.at(
        'status',
        `Events with the status ${status} are found by userId: give userId instead of status.`,
      );
  }
}

const FILTERS = ['status', 'event', 'featureId', 'userId', 'from', 'to'] as const;

function allowOnly(query: EventsQuery, what: string, allowed: readonly (typeof FILTERS)[number][]): void {
  const details = FILTERS.filter((name) => query[name] !== undefined && !allowed.includes(name)).map(
    (path) => ({
      path,
      message: `This filter cannot be combined with ${what}: leave it out.`,
    }),
  );
  if (details.length === 0) return;
  throw new ApiError(
    'invalid_request',
    `With ${what} only these filters are possible: ${allowed.join(', ')}.`,
    { details },
  );
}
