import { z } from '@hono/zod-openapi';
import { count, queryLimit, time } from './fields.ts';

export const jobsQuerySchema = z.strictObject({ limit: queryLimit(20, 50) });

export const jobSchema = z
  .object({
    id: z.string(),
    cause: z.string().openapi({ description: 'What was changed' }),
    status: z.enum(['running', 'done', 'failed']),
    scanned: count.openapi({ description: 'Unmapped events tried so far' }),
    mapped: count.openapi({ description: 'Of these, now mapped' }),
    remaining: count.openapi({ description: 'Still to be tried, about' }),
    startedAt: time,
    finishedAt: time.optional(),
  })
  .openapi('ReprocessingJob', {
    example: {
      id: 'job_0000000007',
      cause: 'rule "Messages from paying teams" created',
      status: 'running',
      scanned: 6_000,
      mapped: 812,
      remaining: 4_000,
      startedAt: '2026-11-23T14:05:00.000Z',
    },
  });

export const jobsSchema = z
  .object({ jobs: z.array(jobSchema).openapi({ description: 'Newest first' }) })
  .openapi('ReprocessingJobs');
