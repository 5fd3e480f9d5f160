import type { Benchmark, BenchmarkReport, ReportTable, Target } from '../benchmark.ts';
import { interleave } from '../interleave.ts';
import { startLocalRuntime, unmappedCount, until, type LocalRuntime } from '../pipeline/local-runtime.ts';
import { sendEvents, trackEvent } from '../pipeline/load.ts';
import { figureOf, ratioOfTurns } from '../spread.ts';

// Whether anything costs more because more is stored: the same work on a pipeline with few stored events and on one with
// many, in turns. A third of what is stored is unmapped.

const SMALL = 10_000;
const LARGE = Number(process.env['BENCH_GROWTH_EVENTS'] ?? 100_000);
const EVENTS = 1_000;
const QUERIES = 20;
const PATIENCE_MS = 1_800_000;

interface Work {
  readonly name: string;
  /** Milliseconds of one event, or of one query. */
  readonly measure: (runtime: LocalRuntime, turn: number) => Promise<number>;
}

const WORK: readonly Work[] = [
  { name: 'ingest, an event', measure: async (runtime, turn) => (await send(runtime, turn)).answered },
  {
    name: 'ingest and process, an event',
    measure: async (runtime, turn) => (await send(runtime, turn)).counted,
  },
  {
    name: 'usage of a user, a query',
    measure: (runtime) =>
      perQuery((n) => runtime.api('GET', `/usage?userId=user-${n * 7}&featureId=messages&window=month`)),
  },
  { name: 'the inbox, a query', measure: (runtime) => perQuery(() => runtime.api('GET', '/unmapped')) },
];

export const benchmark: Benchmark = {
  title: `what everything costs with ${LARGE.toLocaleString('en-US')} stored events, against ${SMALL.toLocaleString('en-US')}`,
  async run(progress): Promise<BenchmarkReport> {
    const runtimes: LocalRuntime[] = [];
    try {
      const [small, large] = [await startLocalRuntime(), await startLocalRuntime()];
      runtimes.push(small, large);
      progress('filling');
      await fill(small, SMALL);
      await fill(large, LARGE);
      const rows: ReportTable['rows'][number][] = [];
      const targets: Target[] = [];
      for (const { name, measure } of WORK) {
        for (const runtime of runtimes) await measure(runtime, -1);
        const { ours, theirs } = await interleave(
          (turn) => measure(large, turn),
          (turn) => measure(small, turn),
          (step) => {
            progress(`${name}: ${step}`);
          },
        );
        const ratio = ratioOfTurns(ours, theirs);
        rows.push([name, figureOf(theirs).median, figureOf(ours).median, ratio.median, ratio.spread]);
        targets.push({ name, unit: '×', measured: ratio.median, spread: ratio.spread, atMost: 1.2 });
      }
      return {
        tables: [
          {
            title: 'Milliseconds',
            columns: ['', `${SMALL} stored`, `${LARGE} stored`, 'ratio', '±'],
            rows,
          },
        ],
        targets,
        notes: [
          'BENCH_GROWTH_EVENTS=1000000 does the same with a million; filling takes a quarter of an hour.',
        ],
      };
    } finally {
      for (const runtime of runtimes) await runtime.stop();
    }
  },
};

async function fill(runtime: LocalRuntime, count: number): Promise<void> {
  const now = new Date().toISOString();
  await sendEvents(runtime, count, (n) => {
    const event = trackEvent('fill', n, now);
    if (n % 3 !== 0) return event;
    const { featureId: _, ...properties } = event.properties;
    return { ...event, event: `Unknown ${n % 40}`, properties };
  });
  const unmapped = Math.ceil(count / 3);
  const isSettled = async (): Promise<boolean> =>
    (await runtime.counted('messages')) >= count - unmapped && (await unmappedCount(runtime)) >= unmapped;
  await until('everything has its outcome', PATIENCE_MS, isSettled, 500);
}

async function send(
  runtime: LocalRuntime,
  turn: number,
): Promise<{ readonly answered: number; readonly counted: number }> {
  const before = await runtime.counted('messages');
  const now = new Date().toISOString();
  const run = `growth ${turn} ${Date.now()}`;
  const began = performance.now();
  await sendEvents(runtime, EVENTS, (n) => trackEvent(run, n, now));
  const answered = (performance.now() - began) / EVENTS;
  await until('everything is counted', PATIENCE_MS, async () => {
    return (await runtime.counted('messages')) >= before + EVENTS;
  });
  return { answered, counted: (performance.now() - began) / EVENTS };
}

async function perQuery(query: (n: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (let n = 0; n < QUERIES; n += 1) await query(n);
  return (performance.now() - began) / QUERIES;
}
