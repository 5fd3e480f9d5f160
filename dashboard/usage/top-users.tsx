import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, read } from '../api/client.ts';
import { amountOf, type Feature } from '../api/feature-queries.ts';
import { userAddress } from '../api/user-queries.ts';
import { DataTable } from '../parts/data-table.tsx';
import { EventText } from '../parts/event-text.tsx';
import { QueryState } from '../parts/query-state.tsx';
import { Section } from '../parts/section.tsx';
import { useUsageRange } from './use-usage-range.ts';

const SHOWN = 10;

/** Who used a feature most, in the time that the chart of the page shows. */
export function TopUsers({ feature }: { readonly feature: Feature }) {
  const { range } = useUsageRange();
  const [from, to] = [new Date(range.from).toISOString(), new Date(range.to).toISOString()];
  const query = useQuery({
    queryKey: ['usage', 'top', feature.id, from, to],
    queryFn: async ({ signal }) =>
      await read(
        api.GET('/api/usage/top', {
          params: { query: { featureId: feature.id, from, to, limit: SHOWN } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  return (
    <QueryState query={query}>
      {({ users, complete }) =>
        users.length > 0 && (
          <Section
            title="Top users"
            description={
              complete ? 'In the same time.' : 'In the same time, among the first 20,000 days of users.'
            }
          >
            <DataTable
              label="Top users"
              rows={users}
              keyOf={({ userId }) => userId}
              columns={[
                {
                  title: 'User',
                  cell: ({ userId }) => (
                    <Link to={userAddress(userId)}>
                      <EventText>{userId}</EventText>
                    </Link>
                  ),
                },
                {
                  title: 'Amount',
                  kind: 'number',
                  cell: ({ sum }) => <EventText>{amountOf(feature, sum)}</EventText>,
                },
                { title: 'Uses', kind: 'number', cell: ({ count }) => count.toLocaleString() },
              ]}
            />
          </Section>
        )
      }
    </QueryState>
  );
}
