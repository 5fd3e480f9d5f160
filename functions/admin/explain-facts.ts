import type { EventOutcome, EventRecord } from '../../adapters/event-item.ts';
import { fromStoredOutcome } from '../../adapters/event-outcome.ts';
import { jobIdOf } from '../../adapters/job-store.ts';
import { keyPartOf } from '../../adapters/keys.ts';
import type { EventExplanation } from '../../core/explain-event.ts';
import { hourOf } from '../../core/timestamp.ts';
import type { AdminDependencies } from './dependencies.ts';
import type { ExplainFacts } from './explain-steps.ts';

// What has to be read to explain one event: a dozen small reads, for a person who asks about one event.

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
    ...(explanation?.rules ?? []).map(({ ruleId }) => ruleId),
  ];
  const [keys, user, rows, ruleNames, job, shard] = await Promise.all([
    deps.keys.list(),
    deps.users.get(record.userId),
    rowsOf(deps, record, outcome),
    namesOf(deps, ruleIds),
    jobOf(deps, record, outcome),
    record.unmappedIn === undefined ? undefined : deps.unmapped.shard(record.unmappedIn),
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
  const rules = await Promise.all(ids.map((id) => config.getRule(id)));
  return new Map(rules.flatMap((rule) => (rule?.body.name === undefined ? [] : [[rule.id, rule.body.name]])));
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
