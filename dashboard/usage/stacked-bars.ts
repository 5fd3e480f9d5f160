import uPlot from 'uplot';
import { stackedHeights } from './stacked-heights.ts';
import type { UsageRange } from './usage-range.ts';
import { shortWindowLabel } from './window-label.ts';

// The chart as uPlot draws it: bars on top of each other, each in the middle of its window. A bar is drawn from zero to the height of its stack so far, the
// highest first, so that each next one covers all of it but its own part.

export interface StackedBarsOptions {
  /**
   * As it was measured when the page was laid out, more than 0. Not read from the page here: while that is hidden, behind
   * the sign-in page for one, it has no width, and what uPlot draws at no width stays empty when it is seen again.
   */
  readonly width: number;
  readonly starts: readonly number[];
  /** From the bottom up, each with a value per window. */
  readonly layers: readonly { readonly color: string; readonly values: readonly number[] }[];
  /** The previous period as a line, when it is compared. */
  readonly before: readonly number[] | undefined;
  readonly range: UsageRange;
  /** In pixels. */
  readonly height: number;
  readonly ink: string;
  readonly grid: string;
  /** Of the previous period, which is seen on the ground and on every bar. */
  readonly line: string;
  readonly onHover: (index: number | undefined) => void;
  /** Epoch milliseconds of what was marked with the mouse. */
  readonly onZoom: (from: number, to: number) => void;
}

const LABEL_WIDTH = 76;
/** Steps of an axis for whole numbers: nobody sends half a message. */
const WHOLE_STEPS = Array.from({ length: 16 }, (_, zeros) =>
  [1, 2, 5].map((step) => step * 10 ** zeros),
).flat();
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

export function drawStackedBars(target: HTMLElement, options: StackedBarsOptions): uPlot {
  const { width, starts, layers, before, range, height, ink, grid, line, onHover, onZoom } = options;
  const seconds = starts.map((start) => start / 1_000);
  const heights = stackedHeights(layers.map(({ values }) => values));
  const bars = uPlot.paths.bars?.({ size: [0.72, 56] });
  const axis = {
    stroke: ink,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    font: '12px "Inter Variable", system-ui, sans-serif',
  };
  const series: uPlot.Series[] = [
    {},
    ...layers
      .map(({ color }) => ({ fill: color, stroke: color, width: 0, paths: bars, points: { show: false } }))
      .reverse(),
    ...(before === undefined
      ? []
      : [{ stroke: line, width: 2, dash: [6, 4], points: { show: false } } satisfies uPlot.Series]),
  ];
  const isWhole = [...heights, before ?? []].flat().every(Number.isInteger);
  const data: uPlot.AlignedData = [
    seconds,
    ...heights.toReversed(),
    ...(before === undefined ? [] : [[...before]]),
  ];
  const [first = 0, last = 0] = [seconds[0], seconds.at(-1)];
  // Months differ in length; the middle one is near enough for a margin.
  const step = (range.to / 1_000 - first) / Math.max(1, seconds.length);
  return new uPlot(
    {
      width,
      height,
      legend: { show: false },
      padding: [12, 8, 0, 0],
      scales: {
        x: { time: true, range: [first - step / 2, last + step / 2] },
        y: { range: (_chart, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.06] },
      },
      axes: [
        {
          ...axis,
          size: 28,
          grid: { show: false },
          splits: () => labelled(seconds, width),
          values: (_chart, ticks) => ticks.map((tick) => shortWindowLabel(tick * 1_000, range.window)),
        },
        {
          ...axis,
          size: 52,
          ...(isWhole && { incrs: WHOLE_STEPS }),
          values: (_chart, ticks) => ticks.map((tick) => compact.format(tick)),
        },
      ],
      series,
      cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false }, y: false },
      hooks: {
        setCursor: [({ cursor }) => onHover(cursor.idx ?? undefined)],
        setSelect: [
          (chart) => {
            const { left, width } = chart.select;
            if (width < 8) return;
            const [from, to] = [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')];
            chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            // A window is around its middle here, and begins with it everywhere else.
            onZoom((from + step / 2) * 1_000, (to + step / 2) * 1_000);
          },
        ],
      },
    },
    data,
    target,
  );
}

/** As many of the windows as have room for a label. */
function labelled(seconds: readonly number[], width: number): number[] {
  const every = Math.max(1, Math.ceil(seconds.length / Math.max(1, Math.floor(width / LABEL_WIDTH))));
  return seconds.filter((_, index) => index % every === 0);
}
