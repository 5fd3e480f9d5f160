import { queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type Job = Schema<'ReprocessingJob'>;

const RUNNING_MS = 1_000;
const CALM_MS = 5_000;

/** The latest jobs, newest first. Asked for again by itself, often while one is running. */
export const latestJobs = (limit: number) =>
  queryOptions({
    queryKey: ['jobs', limit],
    queryFn: async ({ signal }) =>
      (await read(api.GET('/api/reprocessing', { params: { query: { limit } }, signal }))).jobs,
    refetchInterval: ({ state }) =>
      state.data?.some((job) => job.status === 'running') === true ? RUNNING_MS : CALM_MS,
  });

export const oneJob = (jobId: string) =>
  queryOptions({
    queryKey: ['job', jobId],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/reprocessing/{jobId}', { params: { path: { jobId } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? RUNNING_MS : false),
  });
