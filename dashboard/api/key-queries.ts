import { queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type Key = Schema<'ListedKey'>;
export type KeyScope = Key['scope'];

export const allKeys = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => await read(api.GET('/api/keys', { signal })),
});
