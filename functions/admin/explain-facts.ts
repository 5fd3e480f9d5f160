import type { EventOutcome, EventRecord } from '../../adapters/event-item.ts';
import { fromStoredOutcome } from '../../adapters/event-outcome.ts';
import { jobIdOf } from '../../adapters/job-store.ts';
import { keyPartOf } from '../../adapters/keys.ts';
import type { EventExplanation } from '../../core/explain-event.ts';
import type { MergeRecord } from '../../core/identity/merge-record.ts';
import { hourOf } from '../../core/timestamp.ts';
import type { AdminDependencies } from './dependencies.ts';

// What has to be read to explain one event: a dozen small reads, for a person who asks about one event.

/** What was read about the event besides itself. */
export interface ExplainFacts {
  readonly record: EventRecord;
  readonly outcome?: EventOutcome | undefined;
  /** Absent where the body cannot be read. */
  readonly explanation?: EventExplanation | undefined;
  /** The key that it came with, as long as it is listed. */
  readonly apiKey?: { readonly name: string; readonly revoked: boolean } | undefined;
  /** The user that its id belongs to now. */
  readonly user?: { readonly userId: string; readonly isMerged: boolean } | undefined;
  /** The names of rules, by id. */
  readonly ruleNames: ReadonlyMap<string, string>;
  /** The counter rows that it went to, as they are now, by feature. */
  readonly rows: ReadonlyMap<string, { readonly sum: string; readonly count: number }>;
  /** The reprocessing job that gave it its outcome. */
  readonly job?: { readonly id: string; readonly cause: string } | undefined;
  /** Of an identify that merged two users: the merge. */
  readonly merge?: MergeRecord | undefined;
  /** Of an unmapped event: every ruleset up to this generation has been tried on it. */
  readonly triedUpTo?: number | undefined;
  readonly now: number;
}

/** Rules whose names are looked up; an event for more is rare, and its steps then show ids. */
const NAMES_MAX = 20;

export async function explainFacts(
  deps: AdminDependencies,
  record: EventRecord,
  explanation: EventExplanation | undefined,
): Promise<ExplainFacts> {
  const outcome = record.outcome === undefined ? undefined : fromStoredOutcome(record.outcome);
  const ruleIds = [
    ...(outcome?.uses ?? []).flatMap(({ ruleId }) => ruleId ?? []),
    ...(outcome?.revisions ?? []).map(({ ruleId }) => ruleId),
    ...(explanation?.rules ?? []).map(({ ruleId }) => ruleId),
  ];
  // Of an erased event nothing leads to its user or rows any more.
  const isErased = record.state === 'erased';
  const mergeId = outcome?.identify?.mergeId;
  const [keys, user, rows, ruleNames, job, shard, merge] = await Promise.all([
    deps.keys.list(),
    isErased ? undefined : deps.users.get(record.userId),
    isErased ? new Map() : rowsOf(deps, record, outcome),
    namesOf(deps, ruleIds),
    jobOf(deps, record, outcome),
    record.unmappedIn === undefined ? undefined : deps.unmapped.shard(record.unmappedIn),
    mergeId === undefined ? undefined : deps.merges.get(mergeId),
  ]);
  const key = keys.find(({ id }) => id === record.apiKeyId);
  return {
    record,
    outcome,
    explanation,
    apiKey: key && { name: key.name, revoked: key.revokedAt !== undefined },
    user: user && { userId: user.userId, isMerged: user.key !== keyPartOf(record.userId) },
    ruleNames,
    rows,
    job,
    merge,
    triedUpTo: shard?.swept,
    now: deps.now(),
  };
}

/** The day's rows of the id that the event carried: that is where it was counted. */
async function rowsOf(
  { usage }: AdminDependencies,
  { userId, time }: EventRecord,
  outcome: EventOutcome | undefined,
): Promise<ExplainFacts['rows']> {
  const rows = new Map<string, { sum: string; count: number }>();
  const { day } = hourOf(time);
  await Promise.all(
    (outcome?.uses ?? []).map(({ featureId }) =>
      usage.ofKeysAndFeature(
        [keyPartOf(userId)],
        featureId,
        { from: day, to: day },
        ({ row: { sum, count } }) => {
          rows.set(featureId, { sum, count });
          return true;
        },
      ),
    ),
  );
  return rows;
}

async function namesOf(
  { config }: AdminDependencies,
  ruleIds: readonly string[],
): Promise<ExplainFacts['ruleNames']> {
  const ids = [...new Set(ruleIds)].slice(0, NAMES_MAX);
  // The latest version, not the rule: one that was deleted is still the reason of what it counted, or had counted.
  const latest = await Promise.all(ids.map(async (id) => (await config.rulePast(id, 1)).rows[0]));
  return new Map(
    ids.flatMap((id, index) => {
      const name = latest[index]?.body.name;
      return name === undefined ? [] : [[id, name] as const];
    }),
  );
}

/** An event that was there before the job of its generation began, and decided after, was decided by the job. */
async function jobOf(
  { jobs }: AdminDependencies,
  { receivedAt }: EventRecord,
  outcome: EventOutcome | undefined,
): Promise<ExplainFacts['job']> {
  if (outcome?.uses === undefined) return undefined;
  const job = await jobs.get(jobIdOf(outcome.generation));
  const isByJob = job !== undefined && receivedAt < job.startedAt && job.startedAt <= outcome.decidedAt;
  return isByJob ? { id: job.id, cause: job.cause } : undefined;
}
