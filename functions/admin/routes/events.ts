import { createRoute, z } from '@hono/zod-openapi';
import { unlessDamaged } from '../../../adapters/attributes.ts';
import { fromEventItem, type EventRecord } from '../../../adapters/event-item.ts';
import type { Page } from '../../../adapters/event-store.ts';
import { keyPartOf } from '../../../adapters/keys.ts';
import { ApiError, type Problem } from '../api-error.ts';
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
    'Three lists, each with `event`, `from` and `to`: `userId` (also with `status`), newest event time first, with `allIds=1` those of all ids that were merged into the same user; `status=quarantined`, latest arrival first; and `status=unmapped` (also with `featureId`, together with `event`), in no particular order. What would be a search through all events is refused with 422 and what to do instead. A page may be short, or even empty, and still have a `cursor`.',
  request: { query: eventsQuerySchema },
  responses: { 200: jsonAnswer('Events', eventsSchema), ...errors(...KEYED, 422) },
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
    const head = JSON.stringify(toEventDetail(fromEventItem(item)));
    const opened = await deps.events.open(item).catch(unlessDamaged);
    const answer = opened === undefined ? head : `${head.slice(0, -1)},"body":${opened.event.text}}`;
    return c.body(answer, 200, { 'content-type': 'application/json' });
  });
}

/** Ids whose events are listed together; each is a query for every page. */
const LISTED_IDS_MAX = 25;

async function findEvents(deps: AdminDependencies, query: EventsQuery): Promise<Page<EventRecord>> {
  const { eventList } = deps;
  const { status, event, featureId, userId, allIds, from, to, limit, cursor } = query;
  if (from !== undefined && to !== undefined && from >= to)
    throw ApiError.at('to', 'Write a time after `from`.');
  const filter = {
    ...(event !== undefined && { event }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  const problem = obstacleTo(query);
  if (problem !== undefined) throw new ApiError('not_possible', problem.message, { details: [problem] });
  if (userId !== undefined) {
    const userKeys = allIds ? await keysOf(deps, userId) : [keyPartOf(userId)];
    return await eventList.ofIds(userKeys, { ...filter, ...(status && { state: status }) }, limit, cursor);
  }
  return status === 'quarantined'
    ? await eventList.quarantined(filter, limit, cursor)
    : await eventList.unmappedEvents({ ...filter, ...(featureId && { featureId }) }, limit, cursor);
}

async function keysOf({ users }: AdminDependencies, userId: string): Promise<readonly string[]> {
  const userKeys = await users.keysOf(userId);
  if (userKeys.length <= LISTED_IDS_MAX) return userKeys;
  const message = `The user has ${String(userKeys.length)} ids, and the events of at most ${String(LISTED_IDS_MAX)} are listed together: leave allIds out, and ask for each id.`;
  throw new ApiError('not_possible', message, { details: [{ path: 'allIds', message }] });
}

/** Why no index leads to what is asked for, and what to do; undefined when one does. */
function obstacleTo({ status, event, featureId, userId, allIds }: EventsQuery): Problem | undefined {
  if (status === 'erased') {
    const message = 'Erased events are not listed, since nothing is left of them: leave `status` out.';
    return { path: 'status', message };
  }
  if (featureId !== undefined && (status !== 'unmapped' || userId !== undefined || event === undefined)) {
    const message =
      'Events are found by the feature that they name only while they are unmapped: give status=unmapped and `event` with `featureId`, without `userId`.';
    return { path: 'featureId', message };
  }
  if (allIds && userId === undefined)
    return { path: 'allIds', message: 'Give the userId whose ids are meant, or leave allIds out.' };
  if (userId !== undefined || status === 'unmapped' || status === 'quarantined') return undefined;
  if (status !== undefined) {
    const message = `All events that are ${status} cannot be searched: give \`userId\` as well. What arrived lately is in GET /api/feed, and one event is found by its id, GET /api/events/{messageId}.`;
    return { path: 'status', message };
  }
  const message =
    'All events cannot be searched: say which, by `userId`, status=unmapped or status=quarantined. What arrived lately is in GET /api/feed, and one event is found by its id, GET /api/events/{messageId}.';
  return { path: 'userId', message };
}
