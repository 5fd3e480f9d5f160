import { createRoute, z } from '@hono/zod-openapi';
import type { Erasure } from '../../../adapters/erasure-store.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { erasureSchema } from '../schemas/erasure.ts';
import { CHANGE, errors, KEYED } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

const erase = createRoute({
  ...operation('eraseUser'),
  tags: ['Users'],
  summary: 'Erase a user with everything stored of it',
  description:
    'All ids of the user, its usage and the contents of its events; the totals of features stay. Works in the background, and cannot be undone. Asked for again while it runs, it is the same erasure; an id that nobody has is no error.',
  request: { params: z.strictObject({ userId: pathId('userId', 'user-42') }), query: noQuery },
  responses: {
    202: jsonAnswer('The erasure is certain, and under way', erasureSchema),
    ...errors(...CHANGE),
  },
});

const get = createRoute({
  ...operation('getErasure'),
  tags: ['Users'],
  summary: 'Get the receipt of an erasure',
  request: {
    params: z.strictObject({ erasureId: pathId('erasureId', 'era_0mGq1x2ab4f1c29d0e7b6w') }),
    query: noQuery,
  },
  responses: { 200: jsonAnswer('The receipt', erasureSchema), ...errors(...KEYED, 404) },
});

export function erasureRoutes(app: AdminApp, deps: AdminDependencies): void {
  const { erasures, erasureQueue, users } = deps;
  app.openapi(erase, async (c) => {
    const { userId } = c.req.valid('param');
    const boundary = await users.erasedBefore(userId);
    const running = boundary === undefined ? undefined : await erasures.of(userId, boundary);
    if (running?.finishedAt === undefined && running !== undefined && (await users.get(userId)) === undefined)
      return c.json(toAnswer(running), 202);
    // In every attempt the same, so that a repetition meets its own erasure, and erases nothing of who came after it.
    const { at } = c.var.change;
    const id = await erasures.request({ userId, boundary: at, requestedAt: at });
    // Only so that it begins at once: when it is not sent, the timer finds the erasure.
    await erasureQueue.send([id]).catch(() => undefined);
    const erasure = await erasures.get(id);
    if (erasure === undefined) throw new Error('An erasure that was just asked for is not there.');
    return c.json(toAnswer(erasure), 202);
  });

  app.openapi(get, async (c) => {
    const { erasureId } = c.req.valid('param');
    const erasure = /^era_[\w-]{22}$/.test(erasureId) ? await erasures.get(erasureId) : undefined;
    if (erasure === undefined) {
      throw new ApiError(
        'not_found',
        'There is no erasure with this id: DELETE /api/users/{userId} gives it.',
      );
    }
    return c.json(toAnswer(erasure), 200);
  });
}

const toAnswer = ({ id, userId, requestedAt, finishedAt, erased }: Erasure) => ({
  erasureId: id,
  ...(userId !== undefined && { userId }),
  status: finishedAt === undefined ? ('running' as const) : ('done' as const),
  erased,
  startedAt: toIso(requestedAt),
  ...(finishedAt !== undefined && { finishedAt: toIso(finishedAt) }),
});
