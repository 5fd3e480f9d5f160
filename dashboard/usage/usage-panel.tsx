import { Anchor, Group, Paper, Stack, Switch, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { allFeatures, type Feature } from '../api/feature-queries.ts';
import { QueryState } from '../parts/query-state.tsx';
import { CsvButton } from './csv-button.tsx';
import { FeatureTotals } from './feature-totals.tsx';
import { UsageChart } from './usage-chart.tsx';
import { UsageControls } from './usage-controls.tsx';
import { usageQuery } from './usage-query.ts';
import { previousRange } from './usage-range.ts';
import { seriesOf, type SeriesOfUsage } from './usage-series.ts';
import { UsageTable } from './usage-table.tsx';
import { useUsageRange } from './use-usage-range.ts';
import { zoneOf } from './window-label.ts';

interface UsagePanelProps {
  /** @default every feature */
  readonly featureId?: string;
  /** @default all users together */
  readonly userId?: string;
  /** In place of the chart when there is nothing in this time. */
  readonly empty: ReactNode;
}

/** Usage over time: controls, chart, the sum of each feature, and every number of the chart. */
export function UsagePanel({ featureId, userId, empty }: UsagePanelProps) {
  const time = useUsageRange();
  const { range, isCompared } = time;
  const filter = { featureId, userId };
  const before = previousRange(range);
  const query = useQuery(usageQuery(range, filter));
  const beforeQuery = useQuery({ ...usageQuery(before, filter), enabled: isCompared });
  const featureList = useQuery(allFeatures).data;
  const features = useMemo(
    () => new Map((featureList ?? []).map((feature): [string, Feature] => [feature.id, feature])),
    [featureList],
  );
  const usage = useMemo(
    () => (query.data === undefined ? undefined : seriesOf(query.data.rows, range)),
    [query.data, range],
  );
  const earlier = useMemo(
    () =>
      isCompared && beforeQuery.data !== undefined
        ? seriesOf(beforeQuery.data.rows, previousRange(range))
        : undefined,
    [isCompared, beforeQuery.data, range],
  );
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="Usage">
      <Stack gap="lg">
        <Group justify="space-between">
          <Title order={2} size="h4">
            Usage
          </Title>
          <Group>
            <Switch
              label="Compare with the time before"
              checked={isCompared}
              onChange={(event) => time.compare(event.currentTarget.checked)}
            />
            <CsvButton range={range} filter={filter} />
          </Group>
        </Group>
        <UsageControls time={time} />
        <QueryState query={query} lines={8}>
          {() =>
            usage === undefined || usage.series.length === 0 ? (
              <Text c="dimmed" component="div">
                {empty}
              </Text>
            ) : (
              <>
                <UsageChart
                  usage={usage}
                  before={earlier}
                  range={range}
                  measure={time.measure}
                  features={features}
                  onZoom={time.showTime}
                />
                {featureId === undefined && (
                  <FeatureTotals usage={usage} before={earlier} features={features} isCompared={isCompared} />
                )}
                <UsageTable usage={usage} range={range} features={features} />
                <Text size="xs" c="dimmed">
                  Times are in {zoneOf(range.window)}. Sums are exact; bars show them rounded.
                  {time.measure === 'sum' &&
                    hasUnits(usage, features) &&
                    ' Amounts have the unit of their feature: to compare features, choose Uses.'}
                  {time.preset === undefined && (
                    <>
                      {' '}
                      <Anchor component="button" type="button" inherit onClick={() => time.showPreset('30d')}>
                        Show the last 30 days
                      </Anchor>
                    </>
                  )}
                </Text>
              </>
            )
          }
        </QueryState>
      </Stack>
    </Paper>
  );
}

/** Whether what is stacked is measured in more than one unit. */
function hasUnits({ series }: SeriesOfUsage, features: ReadonlyMap<string, Feature>): boolean {
  const units = series.map(({ featureId = '' }) => features.get(featureId)?.unitLabelPlural ?? '');
  return new Set(units).size > 1;
}
