import { createRoute, z } from '@hono/zod-openapi';
import { newChange } from '../../../adapters/asked-change.ts';
import {
  isReconciliationId,
  reconciliationIdOf,
  type Reconciliation,
} from '../../../adapters/reconciliation-store.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies, AdminEnv } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { CHANGE, errors, KEYED } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import {
  reconciliationSchema,
  reconciliationsQuerySchema,
  reconciliationsSchema,
} from '../schemas/reconciliation.ts';

const tags = ['Reconciliation'];
const accepted = {
  request: { query: noQuery },
  responses: {
    202: jsonAnswer('It goes on in the background', reconciliationSchema),
    ...errors(...CHANGE),
  },
};
const description =
  'Recomputes all usage from the stored events in the background, and reports every amount that differs. Nothing is changed. While one is running, it is answered instead of a new one.';

const start = createRoute({
  ...operation('startReconciliation'),
  tags,
  summary: 'Compare all usage with the stored events',
  description,
  ...accepted,
});

const alias = createRoute({
  ...operation('reconcile'),
  tags,
  summary: 'The same as POST /api/reconciliations',
  description,
  ...accepted,
});

const list = createRoute({
  ...operation('listReconciliations'),
  tags,
  summary: 'List reconciliations',
  description: 'Without their differences. They are kept for 90 days.',
  request: { query: reconciliationsQuerySchema },
  responses: { 200: jsonAnswer('Reconciliations', reconciliationsSchema), ...errors(...KEYED) },
});

const get = createRoute({
  ...operation('getReconciliation'),
  tags,
  summary: 'Get a reconciliation and what it found',
  request: {
    params: z.strictObject({
      reconciliationId: pathId('reconciliationId', 'rec_1795442700000_0a1b2c3d4e5f'),
    }),
    query: noQuery,
  },
  responses: { 200: jsonAnswer('The reconciliation', reconciliationSchema), ...errors(...KEYED, 404) },
});

export function reconciliationRoutes(app: AdminApp, deps: AdminDependencies): void {
  const { reconciliations } = deps;

  app.openapi(start, async (c) => c.json(toAnswer(await begin(deps, c.var)), 202));
  app.openapi(alias, async (c) => c.json(toAnswer(await begin(deps, c.var)), 202));

  app.openapi(list, async (c) => {
    const latest = await reconciliations.list(c.req.valid('query').limit);
    return c.json({ reconciliations: latest.map(toSummary) }, 200);
  });

  app.openapi(get, async (c) => {
    const { reconciliationId: id } = c.req.valid('param');
    const found = isReconciliationId(id) ? await reconciliations.get(id) : undefined;
    if (found !== undefined) return c.json(toAnswer(found), 200);
    throw new ApiError(
      'not_found',
      'There is no reconciliation with this id: GET /api/reconciliations lists the latest.',
    );
  });
}

/** Each reads everything that is stored: a second one beside it would only make both slower. */
async function begin(
  { reconciliations, reprocessQueue, now }: AdminDependencies,
  { caller, change }: AdminEnv['Variables'],
): Promise<Reconciliation> {
  const id = reconciliationIdOf(change);
  const own = await reconciliations.get(id);
  if (own !== undefined && own.status !== 'failed') return own;
  const [latest] = await reconciliations.list(1);
  if (latest?.status === 'running') return latest;
  const startedAt = now();
  // One that failed, because its message could not be sent, stays in the list; another takes its place.
  const newId = own === undefined ? id : reconciliationIdOf(newChange(startedAt));
  const run = await reconciliations.start(newId, caller.id, startedAt);
  try {
    await reprocessQueue.send([{ reconciliationId: run.id }]);
  } catch (error) {
    await reconciliations.fail(run, 'The queue could not be reached: start it again.', now());
    throw error;
  }
  return run;
}

const toSummary = (run: Reconciliation) => ({
  id: run.id,
  status: run.status,
  scanned: run.scanned,
  differenceCount: run.differenceCount,
  unsettled: run.unsettled,
  unreadableEvents: run.unreadable,
  ...(run.error !== undefined && { error: run.error }),
  startedAt: toIso(run.startedAt),
  startedBy: run.startedBy,
  ...(run.finishedAt !== undefined && { finishedAt: toIso(run.finishedAt) }),
});

const toAnswer = (run: Reconciliation) => ({
  ...toSummary(run),
  differences: run.differences.map((difference) => ({ ...difference })),
});
