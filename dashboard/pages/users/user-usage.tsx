import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { allFeatures, amountOf } from '../../api/feature-queries.ts';
import type { UserDetail } from '../../api/user-queries.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Section } from '../../parts/section.tsx';

/** What the user has used this month, over all ids. */
export function UserUsage({ user }: { readonly user: UserDetail }) {
  const features = useQuery(allFeatures);
  const { month, features: used } = user.usage;
  const title = `Usage in ${monthName(month)}`;
  return (
    <Section title={title} description="The current month in UTC, over all ids of this user.">
      {used.length === 0 ? (
        <EmptyState title="Nothing this month">No event of this user counted for a feature.</EmptyState>
      ) : (
        <DataTable
          label={title}
          rows={used
            .map((use) => ({ ...use, feature: features.data?.find(({ id }) => id === use.featureId) }))
            .toSorted((a, b) => b.count - a.count)}
          keyOf={({ featureId }) => featureId}
          columns={[
            {
              title: 'Feature',
              cell: ({ featureId, feature }) => (
                <Link to={`/features/${encodeURIComponent(featureId)}`}>
                  <EventText>{feature?.name ?? featureId}</EventText>
                </Link>
              ),
            },
            {
              title: 'Used',
              kind: 'number',
              cell: ({ feature, sum }) => <EventText>{amountOf(feature, sum)}</EventText>,
            },
            { title: 'Events', kind: 'number', cell: ({ count }) => count.toLocaleString() },
          ]}
        />
      )}
    </Section>
  );
}

/** "November 2026" of `2026-11`. */
const monthName = (month: string): string =>
  new Date(`${month}-01T00:00:00Z`).toLocaleDateString(undefined, {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
