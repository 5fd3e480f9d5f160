import { TABLES } from './deployment.ts';
import { textOf, type Ledger } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';

// What a person is told of a job must hold, too: a task that says that it has tried more rows than ever stood in its shard
// has tried some of them twice, because two workers moved its cursor.

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
    if (!jobId.startsWith('job#') || scanned === undefined || !('N' in scanned)) return [];
    return Number(scanned.N) <= rows
      ? []
      : [
          `${jobId} says that it tried ${scanned.N} rows of ${shard}, which never had more than ${String(rows)}`,
        ];
  });
}
