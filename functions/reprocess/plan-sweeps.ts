import type { JobStore } from '../../adapters/job-store.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import type { RulesetStore } from '../../adapters/ruleset-store.ts';
import type { SweepMessage, SweepQueue } from '../../adapters/sweep-queue.ts';
import { unmappedPk } from '../../adapters/unmapped-item.ts';
import type { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { exactNames } from '../../core/mapping/event-matcher.ts';
import { newestGenerationFor, type Ruleset } from '../../core/ruleset.ts';
import { GROUP_SHARDS, type UnmappedGroup } from '../../core/unmapped-group.ts';

// Which shards of which groups have to be swept, and that somebody does. The stream asks as soon as the rules change, the
// timer every five minutes: both ask the same question, "whose rows were not tried against the newest rules that could
// match them?", so a lost trigger or a crashed sweep only costs time.

export interface PlanDependencies {
  readonly rulesets: RulesetStore;
  readonly unmapped: UnmappedStore;
  readonly jobs: JobStore;
  readonly sweeps: SweepQueue;
  readonly now: () => number;
}

/** A task that nobody has advanced for this long lost its message or its worker (whose timeout is five minutes). */
export const STALLED_MS = 6 * 60_000;
const SHARDS_AT_ONCE = 16;

interface Candidate {
  readonly group: UnmappedGroup;
  readonly unmappedIn: string;
}

/** Returns how many sweeps were set going. */
export async function planSweeps(deps: PlanDependencies): Promise<number> {
  const { ruleset, cause, ruleId } = await rulesetWithCause(deps.rulesets);
  const { generation } = ruleset;
  if (generation === 0) return 0;
  const planned = await deps.jobs.plannedGeneration();

  const candidates = new Map<string, Candidate>();
  for (const candidate of namesOfNewRules(ruleset, planned)) candidates.set(candidate.unmappedIn, candidate);
  for await (const shard of deps.unmapped.allShards()) {
    if (shard.swept < newestGenerationFor(shard.group, ruleset)) candidates.set(shard.unmappedIn, shard);
  }
  if (candidates.size === 0 && planned >= generation) return 0;

  const jobId = await deps.jobs.start(generation, cause, deps.now(), 'reprocess', ruleId);
  // A plan that died halfway has written tasks whose messages were perhaps never sent. A second message does no harm: a
  // task's cursor lets only one worker go on.
  const isPlanned = planned >= generation;
  const messages = await mapAtMost(SHARDS_AT_ONCE, [...candidates.values()], (candidate) =>
    sweepOf(deps, { jobId, generation, isPlanned }, candidate),
  );
  const toSend = messages.filter((message) => message !== undefined);
  await deps.sweeps.send(toSend);
  // Only now: until every sweep is under way, the next trigger plans this generation again.
  await deps.jobs.setPlannedGeneration(generation);
  return toSend.length;
}

/** The ruleset, and the change that made it and no other, also while rules are being changed. */
async function rulesetWithCause(
  rulesets: RulesetStore,
): Promise<{ ruleset: Ruleset; cause: string; ruleId: string | undefined }> {
  for (;;) {
    const ruleset = await rulesets.current();
    const { generation, cause, ruleId } = await rulesets.head();
    if (generation === ruleset.generation) return { ruleset, cause, ruleId };
  }
}

/**
 * The groups that new rules name, whether or not anything waits in them: a decision in flight may be about to add the
 * first row to one, and only a fence that is already there can stop it. Rules with a pattern name no group; for those the
 * timer finds whatever slipped in.
 */
function namesOfNewRules(ruleset: Ruleset, planned: number): Candidate[] {
  return ruleset.rules
    .filter((rule) => rule.generation > planned)
    .flatMap((rule) => exactNames(rule.event) ?? [])
    .flatMap((name) => {
      const group: UnmappedGroup = { kind: 'name', name };
      return Array.from({ length: GROUP_SHARDS }, (_, shard) => ({
        group,
        unmappedIn: unmappedPk(group, shard),
      }));
    });
}

async function sweepOf(
  deps: PlanDependencies,
  { jobId, generation, isPlanned }: { jobId: string; generation: number; isPlanned: boolean },
  { group, unmappedIn }: Candidate,
): Promise<SweepMessage | undefined> {
  // First the fence, then the look: a row that is not there now can only come from a decision by these rules.
  await deps.unmapped.raiseFence(group, unmappedIn, generation);
  const shard = await deps.unmapped.shard(unmappedIn);
  if (shard === undefined || shard.fence > generation) return undefined; // a newer plan has taken over
  const [row] = await deps.unmapped.rows(unmappedIn, 1);
  if (row === undefined) {
    await deps.unmapped.markSwept(unmappedIn, generation);
    return undefined;
  }
  const now = deps.now();
  const task = await deps.jobs.ensureTask(jobId, unmappedIn, shard.count, now);
  const message = { jobId, unmappedIn, generation };
  if (task.isNew) return message;
  const isLost = !isPlanned || now - task.updatedAt > STALLED_MS;
  return !task.done && isLost ? message : undefined;
}
