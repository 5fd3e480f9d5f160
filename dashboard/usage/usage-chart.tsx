import 'uplot/dist/uPlot.min.css';
import { Text, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import type { Feature } from '../api/feature-queries.ts';
import { EventText } from '../parts/event-text.tsx';
import { groupedDecimal } from '../parts/grouped-decimal.ts';
import { plainText } from '../parts/visible-text.ts';
import { chartInk, colorOf } from './series-colors.ts';
import { drawStackedBars } from './stacked-bars.ts';
import classes from './usage-chart.module.css';
import type { UsageRange } from './usage-range.ts';
import type { Measure, SeriesOfUsage } from './usage-series.ts';
import { windowLabel } from './window-label.ts';

/** As in usage-chart.module.css. */
const HEIGHT = 280;

interface UsageChartProps {
  readonly usage: SeriesOfUsage;
  readonly before: SeriesOfUsage | undefined;
  readonly range: UsageRange;
  readonly measure: Measure;
  readonly features: ReadonlyMap<string, Feature>;
  readonly onZoom: (from: number, to: number) => void;
}

/** Usage over time. What it shows stands in the table below it, which is for those who cannot see a chart. */
export function UsageChart({ usage, before, range, measure, features, onZoom }: UsageChartProps) {
  const scheme = useComputedColorScheme('light');
  const { ref: frame, width } = useElementSize();
  const canvas = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<number>();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const zoom = useRef(onZoom);
  useEffect(() => {
    zoom.current = onZoom;
  }, [onZoom]);

  useEffect(() => {
    const target = canvas.current;
    if (target === null || width < 1) return undefined;
    const chart = drawStackedBars(target, {
      width: Math.floor(width),
      starts: usage.starts,
      layers: usage.series.flatMap((series, index) =>
        hidden.has(series.featureId ?? '')
          ? []
          : [{ color: colorOf(index, series.featureId), values: valuesOf(series, measure) }],
      ),
      before: before === undefined ? undefined : totals(before, measure, usage.starts.length, hidden),
      range,
      height: HEIGHT,
      ...chartInk(scheme),
      onHover: setHovered,
      onZoom: (from, to) => zoom.current(from, to),
    });
    return () => chart.destroy();
  }, [usage, before, range, measure, scheme, width, hidden]);

  const toggle = (key: string): void => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };
  const start = hovered === undefined ? undefined : usage.starts[hovered];
  return (
    <div className={classes['frame']}>
      <div className={classes['legend']}>
        {usage.series.map((series, index) => (
          <button
            key={series.featureId ?? ''}
            type="button"
            className={classes['key']}
            aria-pressed={!hidden.has(series.featureId ?? '')}
            title={hidden.has(series.featureId ?? '') ? 'Show it' : 'Hide it'}
            onClick={() => toggle(series.featureId ?? '')}
          >
            <span className={classes['swatch']} style={{ background: colorOf(index, series.featureId) }} />
            <SeriesName featureId={series.featureId} features={features} />
            {hovered !== undefined && (
              <strong>
                {measure === 'sum'
                  ? groupedDecimal(series.sums[hovered] ?? '0')
                  : series.counts[hovered]?.toLocaleString()}
              </strong>
            )}
          </button>
        ))}
        {before !== undefined && <span className={classes['before']}>Previous period</span>}
      </div>
      {/* The canvas is a picture of the table. */}
      <div ref={frame} aria-hidden="true" data-chart>
        <div ref={canvas} className={classes['canvas']} />
      </div>
      <Text size="xs" c="dimmed">
        {start === undefined ? 'Mark a part of the chart to look closer.' : windowLabel(start, range.window)}
      </Text>
    </div>
  );
}

interface SeriesNameProps {
  readonly featureId: string | undefined;
  readonly features: ReadonlyMap<string, Feature>;
}

export function SeriesName({ featureId, features }: SeriesNameProps) {
  if (featureId === undefined) return 'All others';
  return <EventText lengthMax={40}>{features.get(featureId)?.name ?? featureId}</EventText>;
}

/** For places that take plain text only. Features may have one name: the id makes it one of a kind. */
export const plainSeriesName = (
  featureId: string | undefined,
  features: ReadonlyMap<string, Feature>,
): string => {
  if (featureId === undefined) return 'All others';
  const name = features.get(featureId)?.name ?? featureId;
  const isShared = [...features.values()].filter((feature) => feature.name === name).length > 1;
  return plainText(isShared ? `${name} (${featureId})` : name, 40);
};

const valuesOf = (
  series: { sums: readonly string[]; counts: readonly number[] },
  measure: Measure,
): number[] => (measure === 'sum' ? series.sums.map(Number) : [...series.counts]);

/** By window, of all series that are shown; cut or filled to the length of the chart that it is drawn on. */
function totals(
  usage: SeriesOfUsage,
  measure: Measure,
  length: number,
  hidden: ReadonlySet<string>,
): number[] {
  const shown = usage.series.filter(({ featureId }) => !hidden.has(featureId ?? ''));
  return Array.from({ length }, (_, index) =>
    shown.reduce((total, series) => total + (valuesOf(series, measure)[index] ?? 0), 0),
  );
}
