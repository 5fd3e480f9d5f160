import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, read } from '../api/client.ts';
import type { UsageRange } from './usage-range.ts';
import type { UsageRow } from './usage-series.ts';

export interface UsageFilter {
  /** @default every feature */
  readonly featureId?: string | undefined;
  /** @default all users together */
  readonly userId?: string | undefined;
}

/** As the API takes it. */
export const rangeParameters = ({ from, to, window }: UsageRange) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
  window,
});

const parametersOf = (range: UsageRange, { featureId, userId }: UsageFilter, cursor: string | undefined) => ({
  ...rangeParameters(range),
  ...(featureId !== undefined && { featureId }),
  ...(userId !== undefined && { userId }),
  ...(cursor !== undefined && { cursor }),
});

/** Every row of the range, whatever it takes to get them: a chart of half of them would be wrong. */
export const usageQuery = (range: UsageRange, filter: UsageFilter = {}) =>
  queryOptions({
    queryKey: ['usage', range, filter],
    queryFn: async ({ signal }) => {
      const rows: UsageRow[] = [];
      let cursor: string | undefined;
      do {
        const query = parametersOf(range, filter, cursor);
        const page = await read(api.GET('/api/usage', { params: { query }, signal }));
        rows.push(...page.rows);
        cursor = cursorOf(page);
      } while (cursor !== undefined);
      return { rows };
    },
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

/** The same rows as CSV, with one line of names. */
export async function usageCsv(range: UsageRange, filter: UsageFilter): Promise<string> {
  const parts: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...parametersOf(range, filter, cursor), format: 'csv' as const };
    const request = api.GET('/api/usage', { params: { query }, parseAs: 'text' });
    const text = await read(request);
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf('\n') + 1));
    cursor = (await request).response.headers.get('x-next-cursor') ?? undefined;
  } while (cursor !== undefined);
  return parts.join('');
}

const cursorOf = (page: object): string | undefined =>
  'cursor' in page && typeof page.cursor === 'string' ? page.cursor : undefined;
