import * as z from 'zod/mini';
import { eventKeyOf } from '../../adapters/keys.ts';
import type { Benchmark, BenchmarkReport } from '../benchmark.ts';
import { TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { startLocalRuntime, TABLES, until, type LocalRuntime } from '../pipeline/local-runtime.ts';
import { sendEvents, trackEvent } from '../pipeline/load.ts';
import { figureOf, ratioOfTurns } from '../spread.ts';
import { bareCommits } from './bare-commits.ts';

// A rule that is saved after its events: how fast they are counted, against the same transactions from a bare loop; what
// the transactions cost; and what else was read. The events of each turn have a name of their own, so that reading any
// other would show.

const EVENTS = 10_000;
const BARE_EVENTS = 4_000;
/** Of the preview, and of the one large job. */
const MANY_EVENTS = Number(process.env['BENCH_PREVIEW_EVENTS'] ?? 100_000);
const PATIENCE_MS = 300_000;

const groupsSchema = z.object({ groups: z.array(z.object({ event: z.string(), count: z.number() })) });
const jobSchema = z.object({
  cause: z.string(),
  status: z.string(),
  scanned: z.number(),
  mapped: z.number(),
  otherEventsRead: z.optional(z.number()),
  startedAt: z.string(),
  finishedAt: z.optional(z.string()),
});
const previewSchema = z.object({ exact: z.boolean(), scanned: z.number(), matched: z.number() });

export const benchmark: Benchmark = {
  title: 'a rule reaches the events that are stored already',
  async run(progress): Promise<BenchmarkReport> {
    const runtime = await startLocalRuntime();
    try {
      const units: number[] = [];
      const { ours, theirs } = await interleave(
        (turn) => ourTurn(runtime, `Late ${turn}`, EVENTS),
        async (turn) => {
          const name = `Bare ${turn}`;
          await fill(runtime, name, BARE_EVENTS);
          const keys = Array.from({ length: BARE_EVENTS }, (_, n) => eventKeyOf(`${name}-${n}`));
          const { commit, unitsEach } = await bareCommits(runtime.dynamo, TABLES, keys);
          units.push(unitsEach);
          const began = performance.now();
          await commit();
          return (BARE_EVENTS / (performance.now() - began)) * 1_000;
        },
        progress,
      );
      progress(`${MANY_EVENTS} events of one name`);
      await fill(runtime, 'Many', MANY_EVENTS);
      const preview = await previewOf(runtime, 'Many');
      const many = await ourTurn(runtime, 'Many', 0);

      const rates = ours.map(({ rate }) => rate);
      const share = ratioOfTurns(rates, theirs);
      const manyShare = many.rate / figureOf(theirs).median;
      const seconds = figureOf(ours.map(({ secondsToCounted }) => secondsToCounted));
      const others = ours.reduce((sum, { otherEventsRead }) => sum + otherEventsRead, many.otherEventsRead);
      return {
        tables: [
          {
            title: `Newly mapped events per second (${TURNS} turns of ${EVENTS} events, and ${BARE_EVENTS} bare)`,
            columns: ['', 'pipeline', 'bare commits', 'share', '±'],
            rows: [
              [
                `${EVENTS} events`,
                figureOf(rates).median,
                figureOf(theirs).median,
                share.median,
                share.spread,
              ],
              [`${MANY_EVENTS} events, once`, many.rate, figureOf(theirs).median, manyShare, ''],
            ],
          },
        ],
        targets: [
          {
            name: 'share of the rate of bare commits',
            unit: '',
            measured: share.median,
            spread: share.spread,
            atLeast: 0.7,
          },
          {
            name: `the same, ${MANY_EVENTS} events`,
            unit: '',
            measured: manyShare,
            spread: share.spread,
            // Once only, so nothing is promised of it.
          },
          {
            name: `${EVENTS} events counted after the rule is saved`,
            unit: 's',
            measured: seconds.median,
            spread: seconds.spread,
            atMost: 10,
          },
          {
            name: 'write units per event, each of another user',
            unit: '',
            measured: figureOf(units).median,
            spread: 0,
            atMost: 6.5,
          },
          { name: 'events of other names read', unit: '', measured: others, spread: 0, atMost: 0 },
          {
            name: `preview of ${MANY_EVENTS} events`,
            unit: 's',
            measured: preview.seconds,
            spread: 0,
            atMost: 10,
          },
          {
            name: 'share of them that the preview covers',
            unit: '',
            measured: preview.covered,
            spread: 0,
            atLeast: 1,
          },
        ],
        notes: [
          'The rate of the pipeline is that of the job, from its start to its end; the seconds are from the answer to saving the rule until usage shows every event.',
          'Bare commits: the same transactions, made beforehand, as many at once, with no reads, decisions or cursors around them.',
          "Write units are counted from the items of the transactions by AWS's rules.",
        ],
      };
    } finally {
      await runtime.stop();
    }
  },
};

/** Sends events that no rule matches, and waits until all of them lie in the inbox. */
async function fill(runtime: LocalRuntime, name: string, count: number): Promise<void> {
  const now = new Date().toISOString();
  await sendEvents(runtime, count, (n) => {
    const { properties, ...event } = trackEvent('reprocess', n, now);
    const { featureId: _, ...others } = properties;
    // Every event of another user: what reprocessing can share among them is then only the feature's own counter.
    return {
      ...event,
      event: name,
      messageId: `${name}-${n}`,
      userId: `user-${n % 20_000}`,
      properties: others,
    };
  });
  await until(
    `${count} events are unmapped`,
    PATIENCE_MS,
    async () => {
      const { groups } = z.parse(groupsSchema, await runtime.api('GET', '/unmapped?limit=50'));
      return groups.find(({ event }) => event === name)?.count === count;
    },
    500,
  );
}

const ruleFor = (name: string) => ({
  name,
  featureId: 'messages',
  event: { operator: 'equals', value: name },
  conditions: [{ path: 'properties.channel', operator: 'equals', value: 'general' }],
});

interface Reached {
  readonly rate: number;
  readonly secondsToCounted: number;
  readonly otherEventsRead: number;
}

/** `count` 0: the events are there already. */
async function ourTurn(runtime: LocalRuntime, name: string, count: number): Promise<Reached> {
  if (count > 0) await fill(runtime, name, count);
  const expected = count > 0 ? count : MANY_EVENTS;
  const before = await runtime.counted('messages');
  const began = performance.now();
  await runtime.api('POST', '/rules', ruleFor(name));
  await until('every event is counted', PATIENCE_MS, async () => {
    return (await runtime.counted('messages')) >= before + expected;
  });
  const secondsToCounted = (performance.now() - began) / 1_000;
  let job: z.infer<typeof jobSchema> | undefined;
  await until('the job is done', PATIENCE_MS, async () => {
    const { jobs } = z.parse(
      z.object({ jobs: z.array(jobSchema) }),
      await runtime.api('GET', '/reprocessing?limit=5'),
    );
    job = jobs.find(({ cause, status }) => cause.includes(`"${name}"`) && status === 'done');
    return job !== undefined;
  });
  if (job?.finishedAt === undefined || job.mapped !== expected)
    throw new Error(`The job mapped ${String(job?.mapped)} of ${String(expected)} events.`);
  const seconds = (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1_000;
  return { rate: job.mapped / seconds, secondsToCounted, otherEventsRead: job.otherEventsRead ?? 0 };
}

async function previewOf(
  runtime: LocalRuntime,
  name: string,
): Promise<{ readonly seconds: number; readonly covered: number }> {
  const began = performance.now();
  const answer = await runtime.api('POST', '/rules/preview', ruleFor(name));
  const seconds = (performance.now() - began) / 1_000;
  const { exact, scanned, matched } = z.parse(previewSchema, answer);
  if (exact && matched !== MANY_EVENTS) throw new Error(`An exact preview matched ${matched} events.`);
  return { seconds, covered: scanned / MANY_EVENTS };
}
