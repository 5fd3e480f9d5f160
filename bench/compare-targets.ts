import type { ReportTable, Target } from './benchmark.ts';
import { figureOf, ratioOfTurns } from './spread.ts';

export interface Measured {
  readonly targets: readonly Target[];
}

/**
 * How the figures of two revisions differ, from as many rounds of both: for each figure the median of both sides and of
 * the ratios within the rounds. A difference that is smaller than the ratios differ among themselves is noise.
 */
export function compareTargets(
  title: string,
  before: readonly Measured[],
  now: readonly Measured[],
): ReportTable {
  const rows = (now[0]?.targets ?? []).map((target) => {
    const samplesOf = (rounds: readonly Measured[]): number[] =>
      rounds.map(({ targets }) => targets.find(({ name }) => name === target.name)?.measured ?? NaN);
    const [old, current] = [samplesOf(before), samplesOf(now)];
    const { median, spread } = ratioOfTurns(current, old);
    const change = changeOf(median, spread, target.atLeast === undefined);
    return [target.name, figureOf(old).median, figureOf(current).median, target.unit, median, spread, change];
  });
  return { title, columns: ['', 'before', 'now', '', 'ratio', '±', ''], rows };
}

function changeOf(ratio: number, spread: number, lowerIsBetter: boolean): string {
  if (Number.isNaN(ratio)) return 'not in both';
  if (Math.abs(ratio - 1) <= spread) return 'noise';
  return ratio < 1 === lowerIsBetter ? 'better' : 'worse';
}
