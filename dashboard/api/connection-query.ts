import { queryOptions } from '@tanstack/react-query';
import { api, read } from './client.ts';

/** Where events are sent to. It changes with a deployment only. */
export const connection = queryOptions({
  queryKey: ['connection'],
  queryFn: async ({ signal }) => await read(api.GET('/api/connection', { signal })),
  staleTime: Infinity,
});
