import { Text } from '@mantine/core';
import { Link } from 'wouter';
import { amountOf, type Feature } from '../api/feature-queries.ts';
import { DataTable, type Column } from '../parts/data-table.tsx';
import { EventText } from '../parts/event-text.tsx';
import { SeriesName } from './usage-chart.tsx';
import { changeOf, type SeriesOfUsage, type UsageSeries } from './usage-series.ts';

interface FeatureTotalsProps {
  readonly usage: SeriesOfUsage;
  readonly before: SeriesOfUsage | undefined;
  readonly features: ReadonlyMap<string, Feature>;
  readonly isCompared: boolean;
}

/** What each feature was used in the whole of the time shown. */
export function FeatureTotals({ usage, before, features, isCompared }: FeatureTotalsProps) {
  const earlierCount = ({ featureId }: UsageSeries): number =>
    before?.series.find((series) => series.featureId === featureId)?.count ?? 0;
  const columns: Column<UsageSeries>[] = [
    {
      title: 'Feature',
      cell: ({ featureId }) =>
        featureId === undefined ? (
          'All others'
        ) : (
          <Link to={`/features/${encodeURIComponent(featureId)}`}>
            <SeriesName featureId={featureId} features={features} />
          </Link>
        ),
    },
    {
      title: 'Amount',
      kind: 'number',
      cell: ({ featureId, sum }) => (
        <EventText>{amountOf(featureId === undefined ? undefined : features.get(featureId), sum)}</EventText>
      ),
    },
    { title: 'Uses', kind: 'number', cell: ({ count }) => count.toLocaleString() },
  ];
  if (isCompared)
    columns.push({
      title: 'Uses before',
      kind: 'number',
      cell: (series) =>
        before === undefined ? (
          '…'
        ) : (
          <>
            {earlierCount(series).toLocaleString()}{' '}
            <Text span size="sm" c="dimmed">
              {changeOf(earlierCount(series), series.count) ?? 'new'}
            </Text>
          </>
        ),
    });
  return (
    <DataTable
      label="Usage by feature"
      columns={columns}
      rows={usage.series}
      keyOf={({ featureId }) => featureId ?? ''}
    />
  );
}
