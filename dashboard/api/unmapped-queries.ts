import { queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type UnmappedGroup = Schema<'UnmappedGroup'>;
export type UnmappedReason = UnmappedGroup['reason'];
type UnmappedPage = Schema<'UnmappedGroups'>;

const PAGE = 50;
const PAGES_MAX = 10;

export const unmappedPage = async (
  cursor: string | undefined,
  signal?: AbortSignal,
): Promise<UnmappedPage> => {
  const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
  return await read(api.GET('/api/unmapped', { params: { query }, signal }));
};

/** The largest groups, up to 500: what a rule can be made for, and where the page of one group finds it. */
export const largestGroups = queryOptions({
  queryKey: ['unmapped', 'largest'],
  queryFn: async ({ signal }) => {
    const groups: UnmappedGroup[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = await unmappedPage(cursor, signal);
      groups.push(...answer.groups);
      cursor = answer.cursor;
      if (cursor === undefined) break;
    }
    return groups;
  },
});

/** Rules that would map events with this name, and what these events carry, from a sample of them. */
export const suggestionsFor = (event: string, reason: UnmappedReason) =>
  queryOptions({
    queryKey: ['unmapped', 'suggestions', event, reason],
    queryFn: async ({ signal }) =>
      await read(
        api.GET('/api/unmapped/{event}/suggest', { params: { path: { event }, query: { reason } }, signal }),
      ),
    staleTime: 60_000,
  });
