import { addDecimals, compareDecimals } from '../../core/decimal.ts';
import { windowStarts, type UsageRange } from './usage-range.ts';

// Rows of the API as series, one per feature, with a value for every window. Sums stay exact decimals: only the heights of
// bars are floats. Pure.

/** How much was used, or how often. */
export type Measure = 'sum' | 'count';

export interface UsageRow {
  readonly windowStart: string;
  readonly featureId: string;
  readonly sum: string;
  readonly count: number;
}

export interface UsageSeries {
  /** Undefined: all features that have no series of their own. */
  readonly featureId: string | undefined;
  /** By window, in the order of `starts`. */
  readonly sums: readonly string[];
  readonly counts: readonly number[];
  readonly sum: string;
  readonly count: number;
}

export interface SeriesOfUsage {
  /** The beginning of each window, epoch milliseconds. */
  readonly starts: readonly number[];
  /** The most used first, the rest together last. */
  readonly series: readonly UsageSeries[];
  readonly count: number;
}

/** So many colours can be told apart, by colour-blind people, too. */
export const SERIES_MAX = 6;

export function seriesOf(rows: readonly UsageRow[], range: UsageRange): SeriesOfUsage {
  const starts = windowStarts(range);
  const indexOf = new Map(starts.map((start, index) => [start, index]));
  const byFeature = new Map<string, { sums: string[]; counts: number[] }>();
  for (const row of rows) {
    const index = indexOf.get(Date.parse(row.windowStart));
    if (index === undefined) continue;
    const feature = byFeature.get(row.featureId) ?? empty(starts.length);
    byFeature.set(row.featureId, feature);
    feature.sums[index] = addDecimals(feature.sums[index] ?? '0', row.sum);
    feature.counts[index] = (feature.counts[index] ?? 0) + row.count;
  }
  const all = [...byFeature]
    .map(([featureId, feature]) => withTotals(featureId, feature))
    .sort(
      (a, b) => b.count - a.count || compareDecimals(b.sum, a.sum) || (a.featureId < b.featureId ? -1 : 1),
    );
  const own = all.length <= SERIES_MAX + 1 ? all : all.slice(0, SERIES_MAX);
  const rest = all.slice(own.length);
  return {
    starts,
    series: rest.length === 0 ? own : [...own, together(rest, starts.length)],
    count: all.reduce((count, series) => count + series.count, 0),
  };
}

function together(rest: readonly UsageSeries[], length: number): UsageSeries {
  const { sums, counts } = empty(length);
  for (const series of rest) {
    for (let index = 0; index < length; index += 1) {
      sums[index] = addDecimals(sums[index] ?? '0', series.sums[index] ?? '0');
      counts[index] = (counts[index] ?? 0) + (series.counts[index] ?? 0);
    }
  }
  return { ...withTotals('', { sums, counts }), featureId: undefined };
}

const empty = (length: number) => ({
  sums: Array.from({ length }, () => '0'),
  counts: Array.from({ length }, () => 0),
});

function withTotals(featureId: string, { sums, counts }: { sums: string[]; counts: number[] }) {
  return {
    featureId,
    sums,
    counts,
    sum: sums.reduce((total, sum) => addDecimals(total, sum), '0'),
    count: counts.reduce((total, count) => total + count, 0),
  };
}

/** "+12 %" from 100 to 112; undefined when there was nothing before. */
export function changeOf(before: number, now: number): string | undefined {
  if (before <= 0) return undefined;
  const percent = Math.round(((now - before) / before) * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : '±'}${Math.abs(percent).toLocaleString()} %`;
}
