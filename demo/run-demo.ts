import { LATE_RULE } from './catalog.ts';
import { awaitCounts } from './await-counts.ts';
import { differencesOfFeatures, differencesOfUsers } from './compare.ts';
import { countedOfAll, countedOfUsers } from './counted-usage.ts';
import { expectedUsage, totalsBy, type Amount, type UsageTable } from './expected-usage.ts';
import type { DemoOptions } from './options.ts';
import { PipelineApi } from './pipeline-api.ts';
import { prepare } from './prepare.ts';
import { startProgress } from './progress.ts';
import { rejectedReport, unmappedReport, usageReport, usersReport } from './report.ts';
import { saasDay, type SaasDay } from './saas-day.ts';
import { callsWithRepeats, sendDay } from './send-day.ts';

// A day from the first event to the check of every total. Nothing of the pipeline's own code decides what is right: the
// expected numbers are those that were sent.

const MISMATCHES_SHOWN = 20;

/** Prints what happens; returns whether every total matches. */
export async function runDemo(options: DemoOptions, print: (text: string) => void): Promise<boolean> {
  const startedAt = Date.now();
  const day = saasDay(options);
  const expected = expectedUsage(day);
  const api = new PipelineApi(options.url, options.adminKey);
  await api.requireReady(options.ingestKey);
  const { lateRuleExists } = await prepare(api);
  print(
    `${options.day} at a company with ${String(options.users)} users, sent to ${options.url} through @segment/analytics-node\n`,
  );

  const before = {
    users: await ofUsers(api, day, 'Reading'),
    all: await countedOfAll(api, day),
    unmapped: await waiting(api),
  };
  const known = [...totalsBy('feature', before.users).values()].reduce((sum, { count }) => sum + count, 0);
  const total = [...expected.values()].reduce((sum, { count }) => sum + count, 0);

  const sending = startProgress('Sending', callsWithRepeats(day.calls).length);
  const sendingAt = Date.now();
  const sent = await sendDay(options, day.calls, sending.at).finally(sending.end);
  const sendingSeconds = (Date.now() - sendingAt) / 1_000;

  const goal = countsToReach(before.all, expected, before.users);
  if (!lateRuleExists) {
    await awaitFeatures(api, day, 'Counting', before.all, without(goal, LATE_RULE.featureId));
    if (known === 0) await awaitUnmapped(api, day, before.unmapped);
    await reprocess(api, print);
  }
  await awaitFeatures(api, day, lateRuleExists ? 'Counting' : 'Mapping', before.all, goal);

  const after = { users: await ofUsers(api, day, 'Checking'), all: await countedOfAll(api, day) };
  const all = { before: before.all, after: after.all };
  print('');
  print(usageReport(expected, after.users, all));
  print(`\n${usersReport(day, expected, after.users)}`);
  print(`\n${unmappedReport(day, await api.unmapped())}`);
  print(`\n${rejectedReport(day, await api.feed(), startedAt)}\n`);

  const repeats = sent.calls - day.calls.length;
  print(
    `Sent ${String(sent.calls)} calls in ${sendingSeconds.toFixed(1)} s, ${String(repeats)} of them twice, and ${String(sent.webhookDuplicates)} once more through the webhook, which recognised them as duplicates. Everything took ${((Date.now() - startedAt) / 1_000).toFixed(1)} s.`,
  );
  const differences = [
    ...differencesOfUsers(expected, after.users),
    ...differencesOfFeatures({ before: before.users, after: after.users }, all),
  ];
  if (differences.length > 0) {
    print(
      `\nThese totals differ:\n${differences
        .slice(0, MISMATCHES_SHOWN)
        .map((line) => `  ${line}`)
        .join('\n')}`,
    );
    if (differences.length > MISMATCHES_SHOWN)
      print(`  and ${String(differences.length - MISMATCHES_SHOWN)} more`);
    print(`\nTotals differ in ${String(differences.length)} places.`);
    return false;
  }
  const fresh = total - known;
  print(
    fresh === 0
      ? `\nTotals match: an earlier run has sent the same messageIds, so 0 new uses were counted; all ${String(total)} stand as they were.`
      : `\nTotals match: ${String(total)} uses by ${String(options.users)} users, ${String(fresh)} of them new, each counted exactly once.`,
  );
  return true;
}

async function ofUsers(api: PipelineApi, day: SaasDay, step: string): Promise<UsageTable> {
  const progress = startProgress(step, day.userIds.length);
  return await countedOfUsers(api, day, progress.at).finally(progress.end);
}

/** How many events each feature has counted, of everybody, when this run is counted to the end. */
function countsToReach(
  before: ReadonlyMap<string, Amount>,
  expected: UsageTable,
  knownOfUsers: UsageTable,
): Map<string, number> {
  const known = totalsBy('feature', knownOfUsers);
  const wanted = totalsBy('feature', expected);
  return new Map(
    [...before].map(([id, { count }]) => [
      id,
      count + (wanted.get(id)?.count ?? 0) - (known.get(id)?.count ?? 0),
    ]),
  );
}

const without = (counts: ReadonlyMap<string, number>, featureId: string): Map<string, number> =>
  new Map([...counts].filter(([id]) => id !== featureId));

async function awaitFeatures(
  api: PipelineApi,
  day: SaasDay,
  step: string,
  before: ReadonlyMap<string, Amount>,
  goal: ReadonlyMap<string, number>,
): Promise<void> {
  const sumOf = (countOf: (id: string, target: number) => number): number =>
    [...goal].reduce((sum, [id, target]) => sum + countOf(id, target), 0);
  const start = sumOf((id) => before.get(id)?.count ?? 0);
  await awaitCounts({
    step,
    total: sumOf((_, target) => target) - start,
    read: async () => {
      const now = await countedOfAll(api, day);
      // What one feature has too many must not stand in for what another still lacks.
      return sumOf((id, target) => Math.min(target, now.get(id)?.count ?? 0)) - start;
    },
  });
}

async function waiting(api: PipelineApi): Promise<number> {
  return (await api.unmapped())
    .filter(({ event }) => event === LATE_RULE.event.value)
    .reduce((sum, { count }) => sum + count, 0);
}

/** The late rule is to find its events waiting, every one of them. */
async function awaitUnmapped(api: PipelineApi, day: SaasDay, before: number): Promise<void> {
  const { value: name } = LATE_RULE.event;
  const total = new Set(
    day.calls.flatMap((call) => (call.type === 'track' && call.event === name ? [call.messageId] : [])),
  ).size;
  await awaitCounts({ step: 'Waiting', total, read: async () => (await waiting(api)) - before });
}

/** Creates the rule whose events have been sent long ago, and shows how they are found. */
async function reprocess(api: PipelineApi, print: (text: string) => void): Promise<void> {
  print(`\n  Now the rule "${LATE_RULE.name}" is created, for events that are stored already.`);
  await api.createRule(LATE_RULE);
  const newJob = async () => (await api.reprocessing()).find(({ cause }) => cause.includes(LATE_RULE.name));
  await awaitCounts({
    step: 'Noticing',
    total: 1,
    read: async () => ((await newJob()) === undefined ? 0 : 1),
  });
  const job = await newJob();
  if (job === undefined) return;
  await awaitCounts({
    step: 'Reprocessing',
    total: job.scanned + job.remaining,
    read: async () => {
      const now = (await api.reprocessing()).find(({ id }) => id === job.id);
      return now?.status === 'running'
        ? Math.min(now.scanned, job.scanned + job.remaining - 1)
        : job.scanned + job.remaining;
    },
  });
}
