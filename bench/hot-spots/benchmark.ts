import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Benchmark, BenchmarkReport, ReportTable, Target } from '../benchmark.ts';
import { TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { startLocalRuntime, until, unmappedCount, type LocalRuntime } from '../pipeline/local-runtime.ts';
import { sendEvents, trackEvent } from '../pipeline/load.ts';
import { figureOf, ratioOfTurns } from '../spread.ts';

// Traffic that meets in one place against traffic that is spread: one user with all events, and one event name with all
// unmapped ones. The rate is of events that have their outcome.

/** Some seconds of them, so that the mapping's window of one second, which ends every turn, is a small part of each. */
const EVENTS = 12_000;
const PATIENCE_MS = 120_000;

type Made = ReturnType<typeof trackEvent>;

interface HotSpot {
  readonly name: string;
  readonly hot: (event: Made, n: number) => object;
  readonly spread: (event: Made, n: number) => object;
  /** How many events of all turns so far have their outcome. */
  readonly settled: (runtime: LocalRuntime) => Promise<number>;
}

const withoutFeature = ({ properties: { featureId: _, ...properties }, ...event }: Made) => ({
  ...event,
  properties,
});

const HOT_SPOTS: readonly HotSpot[] = [
  {
    name: 'one user has all traffic',
    hot: (event) => ({ ...event, userId: 'everybody' }),
    spread: (event, n) => ({ ...event, userId: `user-${n}` }),
    settled: (runtime) => runtime.counted('messages'),
  },
  {
    name: 'one event name has all unmapped events',
    hot: (event) => ({ ...withoutFeature(event), event: 'Everything' }),
    spread: (event, n) => ({ ...withoutFeature(event), event: `Thing ${n % 40}` }),
    settled: unmappedCount,
  },
];

export const benchmark: Benchmark = {
  title: 'traffic that meets in one place, against traffic that is spread',
  async run(progress): Promise<BenchmarkReport> {
    const runtime = await startLocalRuntime();
    try {
      const rows: ReportTable['rows'][number][] = [];
      const targets: Target[] = [];
      for (const { name, hot, spread, settled } of HOT_SPOTS) {
        const rateOf =
          (kind: string, made: HotSpot['hot']) =>
          async (turn: number): Promise<number> => {
            const before = await settled(runtime);
            const began = performance.now();
            const now = new Date().toISOString();
            await sendEvents(runtime, EVENTS, (n) => made(trackEvent(`${name} ${kind} ${turn}`, n, now), n));
            await until(name, PATIENCE_MS, async () => (await settled(runtime)) >= before + EVENTS);
            return (EVENTS / (performance.now() - began)) * 1_000;
          };
        // Each user and each name has its first event once: that costs more.
        await rateOf('first spread', spread)(0);
        await rateOf('first hot', hot)(0);
        const { ours, theirs } = await interleave(rateOf('hot', hot), rateOf('spread', spread), (step) => {
          progress(`${name}: ${step}`);
        });
        const share = ratioOfTurns(ours, theirs);
        rows.push([name, figureOf(ours).median, figureOf(theirs).median, share.median, share.spread]);
        targets.push({
          name: `${name}: share of the rate`,
          unit: '',
          measured: share.median,
          spread: share.spread,
          atLeast: 0.8,
        });
      }
      const dead = await deadLetters(runtime);
      targets.push({ name: 'dead letters', unit: '', measured: dead, spread: 0, atMost: 0 });
      return {
        tables: [
          {
            title: `Events settled per second (${TURNS} turns of ${EVENTS} events a side)`,
            columns: ['', 'in one place', 'spread', 'share', '±'],
            rows,
          },
        ],
        targets,
        notes: [
          'The embedded engine has no transaction conflicts and no limit per partition: what these do is shown by the simulation, and what the limits are on AWS by docs/scale.md.',
        ],
      };
    } finally {
      await runtime.stop();
    }
  },
};

async function deadLetters({ endpoints }: LocalRuntime): Promise<number> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const sqs = new SQSClient({ endpoint: endpoints.sqs, region: 'us-east-1', credentials });
  const { QueueUrls: urls = [] } = await sqs.send(new ListQueuesCommand({}));
  const names = urls.map((url) => url.slice(url.lastIndexOf('/') + 1)).filter((name) => /dead/i.test(name));
  if (names.length === 0) throw new Error(`There is no dead-letter queue among ${urls.join(', ')}.`);
  let count = 0;
  for (const name of names) {
    const { Attributes: attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: `${endpoints.sqs}/000000000000/${name}`,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    for (const value of Object.values(attributes)) count += Number(value);
  }
  sqs.destroy();
  return count;
}
