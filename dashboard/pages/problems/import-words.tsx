import { Badge } from '@mantine/core';
import type { Import, Verdict } from '../../api/import-queries.ts';

/** What kind of import it is, in words. */
export function kindOf({ kind, dryRun }: Pick<Import, 'kind' | 'dryRun'>): string {
  const from = { csv: 'CSV file', stripe: 'Stripe customers', chargebee: 'Chargebee customers' }[kind];
  return dryRun ? `${from}, dry run` : from;
}

const STATUS = {
  running: { label: 'Running', color: 'blue' },
  done: { label: 'Done', color: 'teal' },
  failed: { label: 'Failed', color: 'red' },
} as const;

export function StatusBadge({ status }: { readonly status: Import['status'] }) {
  const { label, color } = STATUS[status];
  return (
    <Badge variant="light" color={color}>
      {label}
    </Badge>
  );
}

interface VerdictWords {
  /** Before the import and after it: "to create", "created". */
  readonly dry: string;
  readonly done: string;
}

export const VERDICT_WORDS: Readonly<Record<Verdict, VerdictWords>> = {
  create: { dry: 'to create', done: 'created' },
  update: { dry: 'to update', done: 'updated' },
  merge: { dry: 'to merge', done: 'merged' },
  unchanged: { dry: 'unchanged', done: 'unchanged' },
  conflict: { dry: 'in conflict', done: 'in conflict' },
  error: { dry: 'with an error', done: 'with an error' },
};

export const VERDICTS: readonly Verdict[] = ['create', 'update', 'merge', 'unchanged', 'conflict', 'error'];
