import type { Feature } from '../api/feature-queries.ts';
import { DataTable, type Column } from '../parts/data-table.tsx';
import { groupedDecimal } from '../parts/grouped-decimal.ts';
import { plainSeriesName, SeriesName } from './usage-chart.tsx';
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
      <DataTable
        label="All numbers"
        rows={used.toReversed()}
        keyOf={({ start }) => String(start)}
        columns={[
          { title: 'Time', cell: ({ start }) => windowLabel(start, range.window), widthMin: '9.5rem' },
          ...usage.series.map((series): Column<(typeof used)[number]> => ({
            title: plainSeriesName(series.featureId, features),
            head: <SeriesName featureId={series.featureId} features={features} />,
            kind: 'number',
            cell: ({ index }) =>
              series.counts[index] === 0
                ? '–'
                : `${groupedDecimal(series.sums[index] ?? '0')} (${String(series.counts[index])}×)`,
          })),
        ]}
      />
    </details>
  );
}
