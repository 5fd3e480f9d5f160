import type { EXPLAIN_KINDS } from './schemas/explain.ts';

export interface ExplainStep {
  /** What it is about, for programs. */
  readonly kind: (typeof EXPLAIN_KINDS)[number];
  readonly title: string;
  readonly detail?: string;
  /** Epoch milliseconds; absent for what has no moment of its own. */
  readonly at?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}
