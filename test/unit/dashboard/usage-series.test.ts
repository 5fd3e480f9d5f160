import { describe, expect, test } from '@jest/globals';
import { sumDecimals } from '../../../core/decimal.ts';
import { stackedHeights } from '../../../dashboard/usage/stacked-heights.ts';
import { chosenRange } from '../../../dashboard/usage/usage-range.ts';
import { changeOf, seriesOf, SERIES_MAX, type UsageRow } from '../../../dashboard/usage/usage-series.ts';

const RANGE = chosenRange(Date.parse('2026-11-01T00:00:00Z'), Date.parse('2026-11-06T00:00:00Z'));
const row = (day: number, featureId: string, sum: string, count: number): UsageRow => ({
  windowStart: `2026-11-0${String(day)}T00:00:00.000Z`,
  featureId,
  sum,
  count,
});

describe('series of usage', () => {
  test('have a value for every window, exactly as the API gave it', () => {
    const { series, count } = seriesOf([row(1, 'a', '0.1', 1), row(3, 'a', '0.2', 2)], RANGE);
    expect(series).toEqual([
      { featureId: 'a', sums: ['0.1', '0', '0.2', '0', '0'], counts: [1, 0, 2, 0, 0], sum: '0.3', count: 3 },
    ]);
    expect(count).toBe(3);
  });

  test('of many features are the most used ones and all others together, and lose nothing', () => {
    const rows = Array.from({ length: 20 }, (_, index) =>
      row(1 + (index % 5), `f${String(index)}`, '1.000001', index + 1),
    );
    const { series, count } = seriesOf(rows, RANGE);
    expect(series).toHaveLength(SERIES_MAX + 1);
    expect(series.slice(0, 2).map(({ featureId }) => featureId)).toEqual(['f19', 'f18']);
    expect(series.at(-1)?.featureId).toBeUndefined();
    expect(sumDecimals(series.map(({ sum }) => sum))).toBe('20.00002');
    expect([count, series.reduce((total, one) => total + one.count, 0)]).toEqual([210, 210]);
  });

  test('leave out what is not in the range', () => {
    expect(seriesOf([row(9, 'a', '1', 1)], RANGE).series).toEqual([]);
  });
});

test('bars stand on each other', () => {
  expect(
    stackedHeights([
      [1, 2],
      [10, 0],
      [100, -1],
    ]),
  ).toEqual([
    [1, 2],
    [11, 2],
    [111, 1],
  ]);
});

test.each([
  [100, 112, '+12 %'],
  [100, 50, '−50 %'],
  [10, 10, '±0 %'],
  [0, 10, undefined],
])('from %d to %d is %s', (before, now, change) => {
  expect(changeOf(before, now)).toBe(change);
});
