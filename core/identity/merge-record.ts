// One merge, kept for ever, undone or not: what the list of merges shows and what undoing needs.

export const MERGE_CAUSES = ['manual', 'identify', 'import'] as const;
export type MergeCause = (typeof MERGE_CAUSES)[number];

export interface MergeRecord {
  /** Begins with the time, so that merges sort by it: see `mergeIdOf`. */
  readonly id: string;
  readonly survivor: { readonly key: string; readonly userId: string };
  readonly absorbed: { readonly key: string; readonly userId: string };
  readonly cause: MergeCause;
  /** The API key or person that asked for it; for an identify or an import, which one it was. */
  readonly actor: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of a merge by an identify: the row of the decision table, 5 or 6, and the event. */
  readonly row?: 5 | 6;
  readonly eventKey?: string;
  readonly undoneAt?: number;
  readonly undoneBy?: string;
}

/** `suffix` tells merges of one millisecond apart. */
export const mergeIdOf = (at: number, suffix: string): string =>
  `mrg_${String(at).padStart(13, '0')}_${suffix}`;
