import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sumDecimals } from '../../../core/decimal.ts';
import type { UsageDay } from '../../../adapters/usage-store.ts';
import { daysOf, UsageWindows, wholeHours } from '../../../functions/admin/usage-windows.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const HOUR = 3_600_000;

const dayOf = (day: string, hours: Readonly<Record<number, string>>, featureId = 'f'): UsageDay => ({
  featureId,
  row: {
    day,
    sum: sumDecimals(Object.values(hours)),
    count: Object.keys(hours).length,
    hours: new Map(Object.entries(hours).map(([hour, sum]) => [Number(hour), { sum, count: 1 }])),
  },
});

test('a range covers every hour that it touches', () => {
  expect(wholeHours(NOON, NOON + 1)).toEqual({ from: NOON, to: NOON + HOUR });
  expect(wholeHours(NOON + 1, NOON + HOUR)).toEqual({ from: NOON, to: NOON + HOUR });
  expect(wholeHours(NOON - 1, NOON + HOUR + 1)).toEqual({ from: NOON - HOUR, to: NOON + 2 * HOUR });
});

test('the days of a range end with the day of its last hour', () => {
  expect(daysOf({ from: NOON, to: Date.UTC(2026, 10, 2) })).toEqual({ from: '2026-11-01', to: '2026-11-01' });
  expect(daysOf({ from: NOON, to: Date.UTC(2026, 10, 2, 1) })).toEqual({
    from: '2026-11-01',
    to: '2026-11-02',
  });
});

describe('windows', () => {
  const november = { from: Date.UTC(2026, 10), to: Date.UTC(2026, 11) };

  test('a month begins on its first day, whatever its length', () => {
    const windows = new UsageWindows({ from: Date.UTC(2024, 0), to: Date.UTC(2025, 0) }, 'month');
    for (const day of ['2024-02-29', '2024-02-01', '2024-12-31']) windows.add(dayOf(day, { 23: '1' }));
    expect(windows.rows().map(({ windowStart, sum }) => [windowStart, sum])).toEqual([
      ['2024-02-01T00:00:00.000Z', '2'],
      ['2024-12-01T00:00:00.000Z', '1'],
    ]);
  });

  test('windows that cancel out to nothing are left out, those with a count are not', () => {
    const windows = new UsageWindows(november, 'day');
    windows.add(dayOf('2026-11-01', { 1: '5', 2: '-5' }));
    windows.add({
      featureId: 'g',
      row: { day: '2026-11-01', sum: '0', count: 0, hours: new Map([[1, { sum: '0', count: 0 }]]) },
    });
    expect(windows.rows()).toEqual([
      { windowStart: '2026-11-01T00:00:00.000Z', featureId: 'f', sum: '0', count: 2 },
    ]);
    expect(windows.total()).toEqual({ sum: '0', count: 2 });
  });

  test('hours, days and months of any range add up to one total, in any order of the rows', () => {
    const hour = fc.nat(23).map(String);
    const sum = fc
      .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(999_999))
      .map(([whole, part]) => `${String(whole)}.${String(part).padStart(6, '0')}`);
    const day = fc
      .tuple(
        fc.integer({ min: 1, max: 28 }),
        fc.constantFrom(10, 11, 12),
        fc.dictionary(hour, sum),
        fc.constantFrom('f', 'g'),
      )
      .map(([date, month, hours, featureId]) =>
        dayOf(`2026-${String(month)}-${String(date).padStart(2, '0')}`, hours, featureId),
      );
    const start = Date.UTC(2026, 9);
    const range = fc
      .tuple(fc.nat(24 * 60), fc.integer({ min: 1, max: 24 * 60 }))
      .map(([from, length]) => ({ from: start + from * HOUR, to: start + (from + length) * HOUR }));
    fc.assert(
      fc.property(fc.array(day, { maxLength: 20 }), range, (days, { from, to }) => {
        const totals = (['hour', 'day', 'month'] as const).map((window) => {
          const windows = new UsageWindows({ from, to }, window);
          for (const row of window === 'day' ? days.toReversed() : days) windows.add(row);
          const rows = windows.rows();
          expect(windows.total()).toEqual({
            sum: sumDecimals(rows.map((row) => row.sum)),
            count: rows.reduce((all, { count }) => all + count, 0),
          });
          return windows.total();
        });
        const counted = days.flatMap(({ row }) =>
          [...row.hours].filter(([at]) => {
            const time = Date.parse(`${row.day}T00:00:00Z`) + at * HOUR;
            return time >= from && time < to;
          }),
        );
        const expected = { sum: sumDecimals(counted.map(([, amount]) => amount.sum)), count: counted.length };
        expect(totals).toEqual([expected, expected, expected]);
      }),
      { seed: 1 },
    );
  });
});
