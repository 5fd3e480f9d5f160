import { segmentName } from '../../functions/reprocess/plan-revisions.ts';
import { TABLES } from './deployment-names.ts';
import { textOf, type Ledger } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';

// What a person is told of a job must hold, too: a task that says that it has tried more rows than ever stood in its shard
// has tried some of them twice, because two workers moved its cursor.

const segmentPrefix = segmentName(0).slice(0, -1);

export function jobProgress({
  dynamo,
  ledger,
}: {
  readonly dynamo: MemoryDynamo;
  readonly ledger: Ledger;
}): string[] {
  return dynamo.items(TABLES.operations).flatMap((task) => {
    const [jobId, shard] = [textOf(task, 'pk'), textOf(task, 'sk')];
    const scanned = task['sc'];
    const rows = ledger.rowsEver.get(shard)?.size ?? 0;
    // A segment of a scan has whatever the table holds at that time.
    if (
      !jobId.startsWith('job#') ||
      shard.startsWith(segmentPrefix) ||
      scanned === undefined ||
      !('N' in scanned)
    )
      return [];
    return Number(scanned.N) <= rows
      ? []
      : [
          `${jobId} says that it tried ${scanned.N} rows of ${shard}, which never had more than ${String(rows)}`,
        ];
  });
}
