import type { ImportJob } from '../../adapters/import-item.ts';
import { toIso } from '../../core/timestamp.ts';

export const toImportAnswer = ({
  id,
  kind,
  dryRun,
  status,
  total,
  done,
  counts,
  ignoredColumns,
  error,
  startedAt,
  finishedAt,
  actor,
}: ImportJob) => ({
  id,
  kind,
  dryRun,
  status,
  ...(total !== undefined && { total }),
  done,
  counts: { ...counts },
  ignoredColumns: [...ignoredColumns],
  ...(error !== undefined && { error }),
  startedAt: toIso(startedAt),
  ...(finishedAt !== undefined && { finishedAt: toIso(finishedAt) }),
  actor,
});
