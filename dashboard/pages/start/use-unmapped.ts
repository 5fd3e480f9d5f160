import { useQuery } from '@tanstack/react-query';
import { api, read, type Schema } from '../../api/client.ts';

export type UnmappedGroup = Schema<'UnmappedGroup'>;

const SHOWN_MAX = 20;

/** The largest groups of events that do not count yet, while somebody waits for them. */
export function useUnmapped(isWaiting: boolean): readonly UnmappedGroup[] {
  const { data } = useQuery({
    queryKey: ['unmapped', 'start'],
    queryFn: async ({ signal }) =>
      (await read(api.GET('/api/unmapped', { params: { query: { limit: SHOWN_MAX } }, signal }))).groups,
    enabled: isWaiting,
    refetchInterval: 3_000,
  });
  return data ?? [];
}
