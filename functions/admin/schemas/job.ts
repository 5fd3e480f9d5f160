import { z } from '@hono/zod-openapi';
import { JOB_KINDS } from '../../../adapters/job-store.ts';
import { count, queryLimit, time } from './fields.ts';

export const jobsQuerySchema = z.strictObject({ limit: queryLimit(20, 50) });

export const jobSchema = z
  .object({
    id: z.string(),
    kind: z.enum(JOB_KINDS).openapi({
      description: 'reprocess tries unmapped events; revert and recount change what a rule has counted',
    }),
    cause: z.string().openapi({ description: 'What was changed' }),
    ruleId: z.string().optional().openapi({
      description: 'The rule that was changed, which may be deleted; absent when it was a feature',
    }),
    status: z
      .enum(['running', 'done', 'failed'])
      .openapi({ description: 'failed: the last attempt at a part failed; it is tried again by itself' }),
    scanned: count.openapi({
      description: 'Unmapped events tried so far; of revert and recount, stored items looked at',
    }),
    mapped: count.openapi({
      description: 'Events that are mapped now; of revert and recount, of those reverted',
    }),
    reverted: count
      .optional()
      .openapi({ description: 'Events whose usage was taken back; only of revert and recount' }),
    otherEventsRead: count.optional().openapi({
      description:
        'Events read though no changed rule takes their name: the index makes it 0; only of reprocess',
    }),
    remaining: count.optional().openapi({
      description:
        'Still to be scanned, about. Absent while a revert or recount has not finished its first eighth',
    }),
    rate: count.optional().openapi({ description: 'Scanned per second' }),
    error: z.string().optional().openapi({ description: 'With failed: the kind of error' }),
    startedAt: time,
    finishedAt: time.optional(),
  })
  .openapi('ReprocessingJob', {
    example: {
      id: 'job_0000000007',
      kind: 'reprocess',
      cause: 'rule "Messages from paying teams" created',
      ruleId: 'rul_0mwtq9mro1bb12e202167',
      status: 'running',
      scanned: 6_000,
      mapped: 812,
      otherEventsRead: 0,
      remaining: 4_000,
      rate: 2_400,
      startedAt: '2026-11-23T14:05:00.000Z',
    },
  });

export const jobsSchema = z
  .object({ jobs: z.array(jobSchema).openapi({ description: 'Newest first' }) })
  .openapi('ReprocessingJobs');
