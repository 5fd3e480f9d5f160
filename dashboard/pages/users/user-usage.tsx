import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { allFeatures, amountOf } from '../../api/feature-queries.ts';
import type { UserDetail } from '../../api/user-queries.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Section } from '../../parts/section.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';

/** What the user has used this month, over all ids. */
export function UserUsage({ user }: { readonly user: UserDetail }) {
  const features = useQuery(allFeatures);
  const { month, features: used } = user.usage;
  return (
    <Section title={`Usage in ${month}`} description="The current month in UTC, over all ids of this user.">
      {used.length === 0 ? (
        <EmptyState title="Nothing this month">No event of this user counted for a feature.</EmptyState>
      ) : (
        <TableFrame label={`Usage in ${month}`}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Feature</Table.Th>
                <Table.Th ta="right">Used</Table.Th>
                <Table.Th ta="right">Events</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {used.map(({ featureId, sum, count }) => {
                const feature = features.data?.find(({ id }) => id === featureId);
                return (
                  <Table.Tr key={featureId}>
                    <Table.Td>
                      <Link to={`/features/${encodeURIComponent(featureId)}`}>
                        <EventText>{feature?.name ?? featureId}</EventText>
                      </Link>
                    </Table.Td>
                    <Table.Td ta="right">
                      <EventText>{amountOf(feature, sum)}</EventText>
                    </Table.Td>
                    <Table.Td ta="right">{count.toLocaleString()}</Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </TableFrame>
      )}
    </Section>
  );
}
