import { createRoute, z } from '@hono/zod-openapi';
import type { Job } from '../../../adapters/job-store.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jobSchema, jobsQuerySchema, jobsSchema } from '../schemas/job.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

const tags = ['Reprocessing'];

const list = createRoute({
  ...operation('listReprocessingJobs'),
  tags,
  summary: 'List reprocessing jobs',
  description:
    'Every change of rules or features tries the stored unmapped events that it could map; reverting and recounting a rule go through everything stored.',
  request: { query: jobsQuerySchema },
  responses: { 200: jsonAnswer('Jobs', jobsSchema), ...errors(...KEYED) },
});

const get = createRoute({
  ...operation('getReprocessingJob'),
  tags,
  summary: 'Get a reprocessing job',
  request: { params: z.strictObject({ jobId: pathId('jobId', 'job_0000000007') }), query: noQuery },
  responses: { 200: jsonAnswer('The job', jobSchema), ...errors(...KEYED, 404) },
});

export function reprocessingRoutes(app: AdminApp, { jobs }: AdminDependencies): void {
  app.openapi(list, async (c) => {
    const latest = await jobs.list(c.req.valid('query').limit);
    return c.json({ jobs: latest.map(toAnswer) }, 200);
  });

  app.openapi(get, async (c) => {
    const { jobId } = c.req.valid('param');
    const job = /^job_\d{1,20}(-revert|-recount)?$/.test(jobId) ? await jobs.get(jobId) : undefined;
    if (job === undefined) {
      throw new ApiError(
        'not_found',
        'There is no job with this id: GET /api/reprocessing lists the latest.',
      );
    }
    return c.json(toAnswer(job), 200);
  });
}

function toAnswer(job: Job) {
  const { id, kind, cause, status, scanned, mapped, reverted, otherEvents, remaining, rate, error } = job;
  return {
    id,
    kind,
    cause,
    ...(job.ruleId !== undefined && { ruleId: job.ruleId }),
    status,
    scanned,
    mapped,
    ...(kind === 'reprocess' ? { otherEventsRead: otherEvents } : { reverted }),
    ...(remaining !== undefined && { remaining }),
    ...(rate !== undefined && { rate }),
    ...(error !== undefined && { error }),
    startedAt: toIso(job.startedAt),
    ...(job.finishedAt !== undefined && { finishedAt: toIso(job.finishedAt) }),
  };
}
