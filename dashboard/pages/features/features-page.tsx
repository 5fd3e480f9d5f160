import { Badge, Button, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { allFeatures, type Feature } from '../../api/feature-queries.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
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

const COLUMNS: readonly Column<Feature>[] = [
  {
    title: 'Name',
    cell: (feature) => (
      <>
        <Link to={`/features/${encodeURIComponent(feature.id)}`}>
          <EventText>{feature.name}</EventText>
        </Link>
        {feature.archived && (
          <Badge ml="xs" color="gray" variant="light">
            Archived
          </Badge>
        )}
      </>
    ),
  },
  { title: 'Id', cell: ({ id }) => <code>{id}</code> },
  {
    title: 'Counts',
    cell: ({ type, unitLabel, unitLabelPlural }) =>
      type === 'binary' ? (
        'whether it was used'
      ) : (
        <EventText>{unitLabelPlural ?? unitLabel ?? 'an amount'}</EventText>
      ),
  },
  {
    title: 'Changed',
    cell: ({ updatedAt }) => (
      <Text span size="sm" c="dimmed">
        <Time at={updatedAt} as="relative" />
      </Text>
    ),
  },
];

function FeatureTable({ features }: { readonly features: readonly Feature[] }) {
  return <DataTable label="Features" columns={COLUMNS} rows={features} keyOf={({ id }) => id} />;
}
