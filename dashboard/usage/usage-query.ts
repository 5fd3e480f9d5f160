import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, read } from '../api/client.ts';
import type { UsageRange } from './usage-range.ts';

interface UsageFilter {
  readonly featureId?: string | undefined;
  readonly userId?: string | undefined;
}

/** How the API is asked; also the address of the same numbers as CSV. */
export function usageParameters({ from, to, window }: UsageRange, { featureId, userId }: UsageFilter) {
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    window,
    ...(featureId !== undefined && { featureId }),
    ...(userId !== undefined && { userId }),
  };
}

export const usageQuery = (range: UsageRange, filter: UsageFilter = {}) =>
  queryOptions({
    queryKey: ['usage', range, filter],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/usage', { params: { query: usageParameters(range, filter) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

export const csvAddress = (range: UsageRange, filter: UsageFilter = {}): string =>
  `/api/usage?${new URLSearchParams({ ...usageParameters(range, filter), format: 'csv' }).toString()}`;
