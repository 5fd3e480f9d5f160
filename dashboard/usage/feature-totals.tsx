import { Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { amountOf, type Feature } from '../api/feature-queries.ts';
import { EventText } from '../parts/event-text.tsx';
import { TableFrame } from '../parts/table-frame.tsx';
import { SeriesName } from './usage-chart.tsx';
import { changeOf, type SeriesOfUsage } from './usage-series.ts';

interface FeatureTotalsProps {
  readonly usage: SeriesOfUsage;
  readonly before: SeriesOfUsage | undefined;
  readonly features: ReadonlyMap<string, Feature>;
  readonly isCompared: boolean;
}

/** What each feature was used in the whole of the time shown. */
export function FeatureTotals({ usage, before, features, isCompared }: FeatureTotalsProps) {
  return (
    <TableFrame label="Usage by feature">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Feature</Table.Th>
            <Table.Th ta="right">Amount</Table.Th>
            <Table.Th ta="right">Uses</Table.Th>
            {isCompared && <Table.Th ta="right">Uses before</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {usage.series.map((series) => {
            const earlier = before?.series.find(({ featureId }) => featureId === series.featureId);
            return (
              <Table.Tr key={series.featureId ?? ''}>
                <Table.Td>
                  {series.featureId === undefined ? (
                    'All others'
                  ) : (
                    <Link to={`/features/${encodeURIComponent(series.featureId)}`}>
                      <SeriesName featureId={series.featureId} features={features} />
                    </Link>
                  )}
                </Table.Td>
                <Table.Td ta="right">
                  {series.featureId === undefined ? (
                    series.sum
                  ) : (
                    <EventText>{amountOf(features.get(series.featureId), series.sum)}</EventText>
                  )}
                </Table.Td>
                <Table.Td ta="right">{series.count.toLocaleString()}</Table.Td>
                {isCompared && (
                  <Table.Td ta="right">
                    {before === undefined ? (
                      '…'
                    ) : (
                      <>
                        {(earlier?.count ?? 0).toLocaleString()}{' '}
                        <Text span size="sm" c="dimmed">
                          {changeOf(earlier?.count ?? 0, series.count) ?? 'new'}
                        </Text>
                      </>
                    )}
                  </Table.Td>
                )}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </TableFrame>
  );
}
