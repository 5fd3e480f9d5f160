import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type Overview = Schema<'Overview'>;

const REFRESH_EVERY_MS = 15_000;

/** What there is and what waits for somebody. Small, and asked for again and again while somebody looks. */
export const overview = queryOptions({
  queryKey: ['overview'],
  queryFn: async ({ signal }) => await read(api.GET('/api/overview', { signal })),
  refetchInterval: REFRESH_EVERY_MS,
  // Who opens a page that shows it has often just changed it.
  staleTime: 0,
});

export const useOverview = () => useQuery(overview);
