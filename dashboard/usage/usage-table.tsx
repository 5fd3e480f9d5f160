import { Table } from '@mantine/core';
import type { Feature } from '../api/feature-queries.ts';
import { TableFrame } from '../parts/table-frame.tsx';
import { SeriesName } from './usage-chart.tsx';
import type { UsageRange } from './usage-range.ts';
import type { SeriesOfUsage } from './usage-series.ts';
import classes from './usage-table.module.css';
import { windowLabel } from './window-label.ts';

interface UsageTableProps {
  readonly usage: SeriesOfUsage;
  readonly range: UsageRange;
  readonly features: ReadonlyMap<string, Feature>;
}

/** Every number of the chart, exactly; windows without usage are left out. */
export function UsageTable({ usage, range, features }: UsageTableProps) {
  const used = usage.starts.flatMap((start, index) =>
    usage.series.some(({ counts }) => counts[index] !== 0) ? [{ start, index }] : [],
  );
  return (
    <details className={classes['details']}>
      <summary className={classes['summary']}>All numbers as a table</summary>
      <TableFrame label="All numbers">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Time</Table.Th>
              {usage.series.map(({ featureId }) => (
                <Table.Th key={featureId ?? ''} ta="right">
                  <SeriesName featureId={featureId} features={features} />
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {used.toReversed().map(({ start, index }) => (
              <Table.Tr key={start}>
                <Table.Td className={classes['time']}>{windowLabel(start, range.window)}</Table.Td>
                {usage.series.map((series) => (
                  <Table.Td key={series.featureId ?? ''} ta="right" className={classes['number']}>
                    {series.counts[index] === 0
                      ? '–'
                      : `${series.sums[index] ?? '0'} (${String(series.counts[index])}×)`}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </TableFrame>
    </details>
  );
}
