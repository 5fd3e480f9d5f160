import type { Benchmark, BenchmarkReport } from '../benchmark.ts';
import { TURNS } from '../effort.ts';
import { startLocalRuntime, until, type LocalRuntime } from '../pipeline/local-runtime.ts';
import { sendEvents, trackEvent } from '../pipeline/load.ts';
import { figureOf, ratioOfTurns } from '../spread.ts';
import { fill } from './fill.ts';

// Whether anything costs more because more is stored: the same work on pipelines that differ in how much they have stored,
// in turns. A third of what is stored is unmapped.

const SIZES = [10_000, 100_000, 1_000_000].filter(
  (size) => size <= Number(process.env['BENCH_GROWTH_EVENTS'] ?? Infinity),
);
const EVENTS = 2_000;
const QUERIES = 20;
const PATIENCE_MS = 120_000;
const WARM_UP = -1;

/** Milliseconds of one event, or of one query, by what was done. */
type Costs = Readonly<Record<(typeof WORK)[number], number>>;
const WORK = [
  'ingest, an event',
  'ingest and process, an event',
  'usage of a user, a query',
  'the inbox, a query',
] as const;

export const benchmark: Benchmark = {
  title: `what everything costs with ${SIZES.map(inWords).join(', ')} stored events`,
  async run(progress): Promise<BenchmarkReport> {
    const runtimes: LocalRuntime[] = [];
    try {
      for (const size of SIZES) {
        const runtime = await startLocalRuntime();
        runtimes.push(runtime);
        await fill(runtime, size, progress);
      }
      const turns: Costs[][] = runtimes.map(() => []);
      for (let turn = WARM_UP; turn < TURNS; turn += 1) {
        progress(`turn ${turn + 1} of ${TURNS}`);
        // Who begins changes with every turn.
        for (let offset = 0; offset < runtimes.length; offset += 1) {
          const at = (Math.max(turn, 0) + offset) % runtimes.length;
          const runtime = runtimes[at];
          if (runtime === undefined) continue;
          const costs = await measure(runtime, turn);
          if (turn !== WARM_UP) turns[at]?.push(costs);
        }
      }
      const samples = (at: number, work: (typeof WORK)[number]): number[] =>
        (turns[at] ?? []).map((costs) => costs[work]);
      const ratio = (at: number, work: (typeof WORK)[number]) =>
        ratioOfTurns(samples(at, work), samples(0, work));
      const larger = SIZES.slice(1).map((size, index) => ({ size, at: index + 1 }));
      return {
        tables: [
          {
            title: `Milliseconds, with so many stored events (medians of ${TURNS} turns)`,
            columns: [
              '',
              ...SIZES.map(inWords),
              ...larger.flatMap(({ size }) => [`${inWords(size)} /`, '±']),
            ],
            rows: WORK.map((work) => [
              work,
              ...SIZES.map((_, at) => figureOf(samples(at, work)).median),
              ...larger.flatMap(({ at }) => [ratio(at, work).median, ratio(at, work).spread]),
            ]),
          },
        ],
        targets: larger.flatMap(({ size, at }) =>
          WORK.map((work) => {
            const { median: measured, spread } = ratio(at, work);
            return { name: `${work}, ${inWords(size)}`, unit: '×', measured, spread, atMost: 1.2 };
          }),
        ),
        notes: [
          `Ratios are to ${inWords(SIZES[0] ?? 0)} stored events. Every turn adds ${inWords(EVENTS)} to each.`,
          'What is stored was planned by the code of ingest and process, and written straight into the tables; BENCH_GROWTH_EVENTS=100000 leaves the million out.',
        ],
      };
    } finally {
      for (const runtime of runtimes) await runtime.stop();
    }
  },
};

function inWords(count: number): string {
  return count.toLocaleString('en-US');
}

async function measure(runtime: LocalRuntime, turn: number): Promise<Costs> {
  const { answered, counted } = await send(runtime, turn);
  const usage = await perQuery((n) =>
    runtime.api('GET', `/usage?userId=user-${n * 7}&featureId=messages&window=month`),
  );
  const inbox = await perQuery(() => runtime.api('GET', '/unmapped'));
  return {
    'ingest, an event': answered,
    'ingest and process, an event': counted,
    'usage of a user, a query': usage,
    'the inbox, a query': inbox,
  };
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
