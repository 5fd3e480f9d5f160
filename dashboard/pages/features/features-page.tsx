import { Badge, Button, Switch, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { allFeatures, type Feature } from '../../api/feature-queries.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';
import { Time } from '../../parts/time.tsx';
import { useMayChange } from '../../session/session-store.ts';
import { FeatureDialog } from './feature-dialog.tsx';

export function FeaturesPage() {
  const features = useQuery(allFeatures);
  const mayChange = useMayChange();
  const [isCreating, setCreating] = useState(false);
  const [withArchived, setWithArchived] = useState(false);
  const create = mayChange && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)}>
      New feature
    </Button>
  );
  return (
    <Page
      title="Features"
      description="What you measure. Events count for a feature by naming its id, or through a rule."
      actions={create}
    >
      <QueryState query={features}>
        {(all) => {
          if (all.length === 0) {
            return (
              <EmptyState title="No features yet" actions={create}>
                A feature is something whose use you want to count, such as messages sent or reports exported.
                Create the first one; events that already name its id are counted at once.
              </EmptyState>
            );
          }
          const archived = all.filter((feature) => feature.archived).length;
          const shown = all.filter((feature) => withArchived || !feature.archived);
          return (
            <>
              {archived > 0 && (
                <Switch
                  label={`Show archived (${String(archived)})`}
                  checked={withArchived}
                  onChange={(event) => setWithArchived(event.currentTarget.checked)}
                />
              )}
              {shown.length === 0 ? (
                <EmptyState title="Every feature is archived">
                  Show the archived ones to bring one back.
                </EmptyState>
              ) : (
                <FeatureTable features={shown} />
              )}
            </>
          );
        }}
      </QueryState>
      <FeatureDialog opened={isCreating} onClose={() => setCreating(false)} />
    </Page>
  );
}

function FeatureTable({ features }: { readonly features: readonly Feature[] }) {
  return (
    <TableFrame label="Features">
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Id</Table.Th>
            <Table.Th>Counts</Table.Th>
            <Table.Th>Changed</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {features.map((feature) => (
            <Table.Tr key={feature.id}>
              <Table.Td>
                <Link to={`/features/${encodeURIComponent(feature.id)}`}>
                  <EventText>{feature.name}</EventText>
                </Link>
                {feature.archived && (
                  <Badge ml="xs" color="gray" variant="light">
                    Archived
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>
                <code>{feature.id}</code>
              </Table.Td>
              <Table.Td>
                {feature.type === 'binary' ? (
                  'whether it was used'
                ) : (
                  <EventText>{feature.unitLabelPlural ?? feature.unitLabel ?? 'an amount'}</EventText>
                )}
              </Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed">
                  <Time at={feature.updatedAt} as="relative" />
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableFrame>
  );
}
