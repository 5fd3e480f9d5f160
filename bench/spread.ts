// What is said of repeated measurements: their median, and how far their middle half lies apart.

export interface Figure {
  readonly median: number;
  /** Width of the middle half. */
  readonly spread: number;
}

export function figureOf(samples: readonly number[]): Figure {
  return { median: quantile(samples, 0.5), spread: quantile(samples, 0.75) - quantile(samples, 0.25) };
}

/** How many times as much `subject` is as `base`, judged turn by turn: what slowed a turn slowed both sides of it. */
export function ratioOfTurns(subject: readonly number[], base: readonly number[]): Figure {
  return figureOf(subject.map((sample, turn) => sample / (base[turn] ?? NaN)));
}

/** NaN of no samples. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}
