import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from '../../api/client.ts';
import { rangeParameters } from '../../usage/usage-query.ts';
import type { UsageRange } from '../../usage/usage-range.ts';

export type Arrivals = Schema<'Arrivals'>;

export const arrivalsQuery = (range: UsageRange) =>
  queryOptions({
    queryKey: ['arrivals', range],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/arrivals', { params: { query: rangeParameters(range) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
