// What became, or in a dry run would become, of each row of an import.

export const VERDICTS = ['create', 'update', 'merge', 'conflict', 'unchanged', 'error'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface RowResult {
  /** The line of the file, or the place in the provider's list; the first is 1. */
  readonly row: number;
  readonly verdict: Verdict;
  /** The user that the row is about; absent when it is about nobody. */
  readonly userId?: string;
  /** Why, as a sentence: always for a conflict and an error. Names no field's value. */
  readonly message?: string;
}

export type VerdictCounts = Readonly<Record<Verdict, number>>;

export const NO_VERDICTS: VerdictCounts = {
  create: 0,
  update: 0,
  merge: 0,
  conflict: 0,
  unchanged: 0,
  error: 0,
};

export function countVerdicts(results: readonly RowResult[]): VerdictCounts {
  const counts = { ...NO_VERDICTS };
  for (const { verdict } of results) counts[verdict] += 1;
  return counts;
}

export function addVerdicts(left: VerdictCounts, right: VerdictCounts): VerdictCounts {
  const sum = { ...left };
  for (const verdict of VERDICTS) sum[verdict] += right[verdict];
  return sum;
}
