import type { JobStore } from '../../adapters/job-store.ts';
import { settleEvents, type SettleDependencies } from '../../adapters/settle-events.ts';
import type { SweepMessage } from '../../adapters/sweep-queue.ts';
import type { UnmappedStore } from '../../adapters/unmapped-store.ts';

// Tries every row of one shard against the current rules, page by page. The fence was raised before the message was
// sent, so when the last page is done, no row is left that older rules put here.

export interface SweepDependencies extends SettleDependencies {
  readonly unmapped: UnmappedStore;
  readonly jobs: JobStore;
}

const ROWS_PER_PAGE = 500;

export type SweepResult =
  | 'finished'
  /** There is more to do: send the message again. */
  | 'continue'
  /** Another worker has it, or a sweep of newer rules does. */
  | 'handed over';

/** Throws when a store fails; the task then goes on from its cursor. */
export async function sweepShard(
  deps: SweepDependencies,
  { jobId, unmappedIn, generation }: SweepMessage,
  deadline: number,
): Promise<SweepResult> {
  for (;;) {
    const task = await deps.jobs.task(jobId, unmappedIn);
    if (task === undefined || task.done) return 'handed over';
    if (deps.now() >= deadline) return 'continue';
    const shard = await deps.unmapped.shard(unmappedIn);
    if (shard !== undefined && shard.fence > generation) {
      await deps.jobs.finishTask(jobId, unmappedIn, deps.now());
      return 'handed over';
    }
    const keys = await deps.unmapped.rows(unmappedIn, ROWS_PER_PAGE, task.cursor);
    const last = keys.at(-1);
    if (last === undefined) {
      // Swept before done: a crash in between repeats the mark, and never leaves a finished task unmarked.
      await deps.unmapped.markSwept(unmappedIn, generation);
      await deps.jobs.finishTask(jobId, unmappedIn, deps.now());
      return 'finished';
    }
    const settled = await settleEvents(deps, keys, { from: 'unmapped', deadline, quarantine: true });
    const [failure] = settled.failed;
    if (failure !== undefined) {
      // The cursor stays: this page is tried again as a whole, and what it has done is done.
      if (deps.now() >= deadline) return 'continue';
      throw failure.error;
    }
    let otherEvents = 0;
    for (const [name, count] of settled.names) if (name !== shard?.group.name) otherEvents += count;
    const page = { cursor: last, scanned: keys.length, mapped: settled.mapped, otherEvents };
    if (!(await deps.jobs.advance(jobId, task, page, deps.now()))) return 'handed over';
  }
}
