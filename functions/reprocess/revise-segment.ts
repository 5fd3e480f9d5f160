import type { EventScan } from '../../adapters/event-scan.ts';
import type { JobStore } from '../../adapters/job-store.ts';
import { reviseEvents } from '../../adapters/revise-events.ts';
import type { SettleDependencies } from '../../adapters/settle-events.ts';
import type { ScanMessage } from '../../adapters/sweep-queue.ts';
import { planRevisions, segmentName, type RevisionPlanDependencies } from './plan-revisions.ts';

// Takes back what a rule has counted in one segment of the stored events, page by page.

export interface ReviseDependencies extends SettleDependencies, RevisionPlanDependencies {
  readonly scan: EventScan;
  readonly jobs: JobStore;
}

/** After so long the message goes to the end of the queue, so that sweeps have their turn beside a long scan. */
const TURN_MS = 20_000;

export type RevisionResult = 'finished' | 'continue' | 'handed over';

/** Throws when a store fails; the task then goes on from its cursor. */
export async function reviseSegment(
  deps: ReviseDependencies,
  { jobId, segment, generation }: ScanMessage,
  deadline: number,
): Promise<RevisionResult> {
  const name = segmentName(segment);
  const turnEnds = Math.min(deadline, deps.now() + TURN_MS);
  const change = await deps.pastChanges.after(generation - 1);
  if (change?.generation !== generation) return 'handed over';
  for (;;) {
    const task = await deps.jobs.task(jobId, name);
    if (task === undefined || task.done) return 'handed over';
    if (task.cursor === END) {
      await deps.jobs.finishTask(jobId, name, deps.now());
      // Whoever finishes the last segment lets the next change begin.
      await planRevisions(deps);
      return 'finished';
    }
    if (deps.now() >= turnEnds) return 'continue';
    const page = await deps.scan.countedOrOpen(segment, change.ruleId, task.cursor);
    const { reverted, mapped, failed } = await reviseEvents(deps, page.found, change, deadline);
    const [failure] = failed;
    if (failure !== undefined) {
      // The cursor stays: this page is scanned again as a whole, and what it has done is done.
      if (deps.now() >= deadline) return 'continue';
      await deps.jobs.noteFailure(jobId, name, failure.error);
      throw failure.error;
    }
    const progress = { cursor: page.cursor ?? END, scanned: page.scanned, mapped, reverted };
    if (!(await deps.jobs.advance(jobId, task, progress, deps.now()))) return 'handed over';
  }
}

/** The cursor of a segment that is read to its end. */
const END = 'end';
