import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { withFigures } from '../../../bench/publish.ts';
import type { BenchmarkResult } from '../../../bench/results.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/performance.md'), 'utf8');

const result = (measured: number): BenchmarkResult => ({
  benchmark: 'pipeline',
  title: 'events counted per second',
  takenAt: '2026-11-25T21:00:00.000Z',
  commit: '0123abc',
  machine: { node: 'v24', platform: 'linux x64', cpu: 'a processor', cores: 2 },
  tables: [{ title: 'Rates', columns: ['', 'rate'], rows: [['a|b', 1234]] }],
  targets: [{ name: 'share', unit: '×', measured, spread: 0.1, atLeast: 0.7 }],
  notes: ['On one machine.'],
});

describe('the performance page', () => {
  test('has places for the figures, which are written with their verdicts', () => {
    const written = withFigures(page, [result(0.9)]);
    expect(written).toContain('| pipeline | share | 0.900 × | 0.100 | ≥ 0.700 | passes |');
    expect(written).toContain('Revision 0123abc, 2026-11-25, 2 cores of a processor, Node v24.');
    expect(written).toContain('| a\\|b | 1,234 |');
  });

  test('shows the newest figures only, and all else is left alone', () => {
    const twice = withFigures(withFigures(page, [result(0.2)]), [result(0.9)]);
    expect(twice).toBe(withFigures(page, [result(0.9)]));
  });

  test('without its marks is refused', () => {
    expect(() => withFigures('# Performance', [])).toThrow('has no place for the targets');
  });
});
