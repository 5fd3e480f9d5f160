import { describe, expect, test } from '@jest/globals';
import type { Target } from '../../../bench/benchmark.ts';
import { compareTargets } from '../../../bench/compare-targets.ts';
import { changeOf, formatTargets, verdictOf } from '../../../bench/table.ts';

const target = (measured: number, more: Partial<Target> = {}): Target => ({
  name: 'share',
  unit: '',
  measured,
  spread: 0.1,
  ...more,
});

describe('a target', () => {
  test.each([
    [target(1.25, { atMost: 1.25 }), 'passes'],
    [target(1.3, { atMost: 1.25 }), 'noise'],
    [target(1.4, { atMost: 1.25 }), 'misses'],
    [target(0.7, { atLeast: 0.7 }), 'passes'],
    [target(0.65, { atLeast: 0.7 }), 'noise'],
    [target(0.5, { atLeast: 0.7 }), 'misses'],
    [target(0.5), 'no target'],
  ])('%j %s', (measured, verdict) => {
    expect(verdictOf(measured)).toBe(verdict);
  });

  test('that could not be measured is missed', () => {
    expect(verdictOf(target(NaN, { atMost: 1 }))).toBe('misses');
    expect(verdictOf(target(NaN, { atLeast: 1 }))).toBe('misses');
  });

  test('is printed with what is promised and with the run before', () => {
    expect(formatTargets([target(0.8, { atLeast: 0.7 })], [target(0.5)])).toBe(
      [
        'Targets',
        '       measured      ±   target          before  change',
        '─────  ────────  ─────  ───────  ──────  ──────  ──────',
        'share     0.800  0.100  ≥ 0.700  passes   0.500  better',
      ].join('\n'),
    );
  });
});

describe('a change since the last run', () => {
  test('is noise within the spread of either run', () => {
    expect(changeOf(target(1, { atMost: 2 }), target(1.0625))).toBe('noise');
    expect(changeOf(target(1, { atMost: 2 }), target(1.3, { spread: 0.5 }))).toBe('noise');
  });

  test('is better on the side that the target asks for', () => {
    expect(changeOf(target(1, { atMost: 2 }), target(1.3))).toBe('better');
    expect(changeOf(target(1, { atLeast: 2 }), target(1.3))).toBe('worse');
    expect(changeOf(target(1, { atMost: 2 }), undefined)).toBe('new');
  });
});

describe('two revisions', () => {
  const rounds = (figures: readonly number[], limit: Partial<Target>) =>
    figures.map((measured) => ({ targets: [target(measured, limit)] }));
  const verdict = (
    before: readonly number[],
    now: readonly number[],
    limit: Partial<Target>,
  ): string | number | undefined =>
    compareTargets('', rounds(before, limit), rounds(now, limit)).rows[0]?.at(-1);

  test('differ only by more than their rounds do among themselves', () => {
    expect(verdict([10, 20, 10], [5, 10, 5], { atMost: 1 })).toBe('better');
    expect(verdict([10, 20, 10], [5, 10, 5], { atLeast: 1 })).toBe('worse');
    expect(verdict([10, 20, 10], [11, 16, 11], { atMost: 1 })).toBe('noise');
  });

  test('are not compared by what only one of them has', () => {
    const before = [{ targets: [] }];
    expect(compareTargets('', before, rounds([1], { atMost: 1 })).rows[0]?.at(-1)).toBe('not in both');
  });
});
