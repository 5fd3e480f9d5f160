import { describe, expect, test } from '@jest/globals';
import {
  chosenRange,
  PRESETS,
  presetRange,
  previousRange,
  readRange,
  windowStarts,
  withWindow,
  type UsageRange,
} from '../../../dashboard/usage/usage-range.ts';

const at = (text: string): number => Date.parse(text);
const NOW = at('2026-11-25T18:20:00Z');
const told = ({ from, to, window }: UsageRange): string =>
  `${new Date(from).toISOString()} ${new Date(to).toISOString()} ${window}`;

describe('a range', () => {
  test.each([
    ['24h', '2026-11-24T19:00:00.000Z 2026-11-25T19:00:00.000Z hour', 24],
    ['7d', '2026-11-19T00:00:00.000Z 2026-11-26T00:00:00.000Z day', 7],
    ['30d', '2026-10-27T00:00:00.000Z 2026-11-26T00:00:00.000Z day', 30],
    ['90d', '2026-08-28T00:00:00.000Z 2026-11-26T00:00:00.000Z day', 90],
    ['12m', '2025-12-01T00:00:00.000Z 2026-12-01T00:00:00.000Z month', 12],
  ] as const)('%s ends with the window of now and has whole windows', (preset, expected, count) => {
    const range = presetRange(preset, NOW);
    expect(told(range)).toBe(expected);
    expect(windowStarts(range)).toHaveLength(count);
  });

  test.each(PRESETS)('before %s is as long and touches it', (preset) => {
    const range = presetRange(preset, NOW);
    const before = previousRange(range);
    expect(before.to).toBe(range.from);
    expect(windowStarts(before)).toHaveLength(windowStarts(range).length);
  });

  test('that was marked is widened to whole windows, the finest that are not too many', () => {
    expect(told(chosenRange(at('2026-11-20T03:10:00Z'), at('2026-11-20T09:40:00Z')))).toBe(
      '2026-11-20T03:00:00.000Z 2026-11-20T10:00:00.000Z hour',
    );
    expect(chosenRange(at('2026-11-01T00:00:00Z'), at('2026-11-20T00:00:00Z')).window).toBe('day');
    expect(chosenRange(at('2025-01-01T00:00:00Z'), at('2026-11-20T00:00:00Z')).window).toBe('month');
    expect(windowStarts(chosenRange(NOW, NOW))).toHaveLength(1);
  });

  test.each(['hour', 'day', 'month'] as const)(
    'in windows of one %s is never more than one answer holds',
    (window) => {
      const most = { hour: 31, day: 366, month: 3_660 }[window];
      const range = withWindow({ from: at('2010-01-15T00:00:00Z'), to: NOW, window: 'month' }, window);
      expect((range.to - range.from) / 86_400_000).toBeLessThanOrEqual(most);
    },
  );

  test('stands in an address, and nonsense there is the last 30 days', () => {
    const read = (search: string): string => told(readRange(new URLSearchParams(search), NOW));
    const month = told(presetRange('30d', NOW));
    expect(read('')).toBe(month);
    expect(read('range=yesterday&from=x&to=y&window=week')).toBe(month);
    expect(read('from=2026-11-20T00:00:00Z&to=2026-11-10T00:00:00Z')).toBe(month);
    expect(read('range=7d')).toBe(told(presetRange('7d', NOW)));
    expect(read('from=2026-11-01T00:00:00Z&to=2026-11-11T00:00:00Z')).toBe(
      '2026-11-01T00:00:00.000Z 2026-11-11T00:00:00.000Z day',
    );
  });
});
