import { SCAN_SEGMENTS } from '../../adapters/event-scan.ts';
import type { JobStore } from '../../adapters/job-store.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import type { PastChangeRecord } from '../../adapters/past-change-item.ts';
import type { PastChanges } from '../../adapters/past-changes.ts';
import type { ScanMessage, SweepQueue } from '../../adapters/sweep-queue.ts';
import type { GroupShard } from '../../adapters/unmapped-item.ts';
import type { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { compileEventMatcher } from '../../core/mapping/event-matcher.ts';
import { STALLED_MS } from './plan-sweeps.ts';

// Which change of the past is under way, and that somebody works on it. One after the other: what a revision of an earlier
// change decides may use a rule that a later change takes back, so the later one's scan begins when no such revision can
// come any more (docs/decisions/0030).

export interface RevisionPlanDependencies {
  readonly pastChanges: PastChanges;
  readonly unmapped: UnmappedStore;
  readonly jobs: JobStore;
  readonly sweeps: SweepQueue;
  readonly now: () => number;
}

const FENCES_AT_ONCE = 16;

export async function planRevisions(deps: RevisionPlanDependencies): Promise<void> {
  const { jobs } = deps;
  for (;;) {
    const change = await deps.pastChanges.after(await jobs.revisedGeneration());
    if (change === undefined) return;
    const jobId = await jobs.start(change.generation, change.cause, deps.now(), change.kind, change.ruleId);
    if (!(await jobs.isPlanned(jobId))) {
      await begin(deps, jobId, change);
      return;
    }
    const tasks = await jobs.tasks(jobId);
    const open = tasks.filter((task) => !task.done);
    if (open.length > 0) {
      const stalled = open.filter((task) => deps.now() - task.updatedAt > STALLED_MS);
      await deps.sweeps.send(
        stalled.map(({ name }) => ({ jobId, segment: segmentIn(name), generation: change.generation })),
      );
      return;
    }
    await jobs.setRevisedGeneration(change.generation);
  }
}

async function begin(
  deps: RevisionPlanDependencies,
  jobId: string,
  { ruleId, generation }: PastChangeRecord,
): Promise<void> {
  // Before the first page is read: an unmapped event that the scan passes by cannot be mapped by older rules any more.
  await raiseFences(deps, ruleId, generation);
  const messages: ScanMessage[] = [];
  for (let segment = 0; segment < SCAN_SEGMENTS; segment += 1) {
    await deps.jobs.ensureTask(jobId, segmentName(segment), 0, deps.now());
    messages.push({ jobId, segment, generation });
  }
  await deps.sweeps.send(messages);
  // Only now: until every message is sent, the next trigger begins again. A second message does no harm.
  await deps.jobs.markPlanned(jobId);
}

/** The fences of all groups whose events the rule could ever match. */
async function raiseFences(
  { pastChanges, unmapped }: RevisionPlanDependencies,
  ruleId: string,
  generation: number,
): Promise<void> {
  const accepts = (await pastChanges.matchersOf(ruleId)).map(compileEventMatcher);
  const shards: GroupShard[] = [];
  for await (const shard of unmapped.allShards()) {
    const { group, fence } = shard;
    if (fence < generation && group.kind === 'name' && accepts.some((accept) => accept(group.name)))
      shards.push(shard);
  }
  await mapAtMost(FENCES_AT_ONCE, shards, ({ group, unmappedIn }) =>
    unmapped.raiseFence(group, unmappedIn, generation),
  );
}

export const segmentName = (segment: number): string => `segment#${String(segment)}`;
const segmentIn = (name: string): number => Number(name.slice(segmentName(0).length - 1));
