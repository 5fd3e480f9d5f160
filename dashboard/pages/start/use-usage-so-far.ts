import { useQuery } from '@tanstack/react-query';
import { api, read } from '../../api/client.ts';
import { seriesOf, type UsageSeries } from '../../usage/usage-series.ts';
import { presetRange } from '../../usage/usage-range.ts';

export interface UsageSoFar {
  /** Events that were counted. */
  readonly count: number;
  readonly series: readonly UsageSeries[];
}

/** Whether anything counts yet, in the last year; asked for often, because somebody waits for it. */
export function useUsageSoFar(): UsageSoFar {
  const { data } = useQuery({
    queryKey: ['usage', 'so-far'],
    queryFn: async ({ signal }) => {
      const range = presetRange('12m', Date.now());
      const query = {
        from: new Date(range.from).toISOString(),
        to: new Date(range.to).toISOString(),
        window: range.window,
      };
      const { rows } = await read(api.GET('/api/usage', { params: { query }, signal }));
      return seriesOf(rows, range);
    },
    refetchInterval: 3_000,
  });
  return { count: data?.count ?? 0, series: data?.series ?? [] };
}
