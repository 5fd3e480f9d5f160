import { queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type FeedEntry = Schema<'Feed'>['entries'][number];

/** The latest requests, accepted and refused, asked for again every other second: whoever looks waits for something. */
export const liveFeed = queryOptions({
  queryKey: ['feed'],
  queryFn: async ({ signal }) =>
    (await read(api.GET('/api/feed', { params: { query: { limit: 20 } }, signal }))).entries,
  refetchInterval: 2_000,
});
