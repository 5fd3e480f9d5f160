import { Text, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { chartInk, colorOf } from '../../usage/series-colors.ts';
import { drawStackedBars } from '../../usage/stacked-bars.ts';
import { windowStarts, type UsageRange } from '../../usage/usage-range.ts';
import { windowLabel, zoneOf } from '../../usage/window-label.ts';
import type { Arrivals } from './arrivals-query.ts';
import classes from './events-in.module.css';

/** As in events-in.module.css. */
const HEIGHT = 120;
const OTHERS = colorOf(0, '');
const UNMAPPED = colorOf(1, '');

interface ArrivalsChartProps {
  readonly rows: Arrivals['rows'];
  readonly range: UsageRange;
  readonly onZoom: (from: number, to: number) => void;
}

/** Events over time, those that were unmapped on top. What it shows stands in the table below it. */
export function ArrivalsChart({ rows, range, onZoom }: ArrivalsChartProps) {
  const scheme = useComputedColorScheme('light');
  const { ref: frame, width } = useElementSize();
  const canvas = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<number>();
  const zoom = useRef(onZoom);
  useEffect(() => {
    zoom.current = onZoom;
  }, [onZoom]);
  useEffect(() => {
    const target = canvas.current;
    if (target === null || width < 1) return undefined;
    const starts = windowStarts(range);
    const byStart = new Map(rows.map((row) => [Date.parse(row.windowStart), row]));
    const valuesOf = (value: (row: Arrivals['rows'][number]) => number): number[] =>
      starts.map((start) => {
        const row = byStart.get(start);
        return row === undefined ? 0 : value(row);
      });
    const chart = drawStackedBars(target, {
      width: Math.floor(width),
      starts,
      layers: [
        { color: OTHERS, values: valuesOf(({ events, unmapped }) => events - unmapped) },
        { color: UNMAPPED, values: valuesOf(({ unmapped }) => unmapped) },
      ],
      before: undefined,
      range,
      height: HEIGHT,
      ...chartInk(scheme),
      onHover: setHovered,
      onZoom: (from, to) => zoom.current(from, to),
    });
    return () => chart.destroy();
  }, [rows, range, scheme, width]);
  const start = hovered === undefined ? undefined : windowStarts(range)[hovered];
  const under = rows.find(({ windowStart }) => Date.parse(windowStart) === start);
  return (
    <div aria-hidden="true">
      <div ref={frame} data-chart>
        <div ref={canvas} className={classes['canvas']} />
      </div>
      <div className={classes['legend']}>
        <span className={classes['swatch']} style={{ background: UNMAPPED }} />
        Unmapped on arrival
        <span className={classes['swatch']} style={{ background: OTHERS }} />
        All others
      </div>
      <Text size="xs" c="dimmed" mt="xs">
        {start === undefined
          ? `By the time of their arrival, in ${zoneOf(range.window)}.`
          : `${windowLabel(start, range.window)}: ${(under?.events ?? 0).toLocaleString()} events, ${(under?.unmapped ?? 0).toLocaleString()} unmapped`}
      </Text>
    </div>
  );
}
