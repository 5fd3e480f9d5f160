import { setTimeout } from 'node:timers/promises';
import type { Benchmark, BenchmarkReport } from '../benchmark.ts';
import { TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { bareEngines, type BareEngines } from '../pipeline/bare.ts';
import { startBareIngestRuntime } from '../pipeline/bare-ingest-runtime.ts';
import { eventSender, trackEvent } from '../pipeline/load.ts';
import { startLocalRuntime, type LocalRuntime } from '../pipeline/local-runtime.ts';
import { figureOf, quantile, ratioOfTurns } from '../spread.ts';

// How long a sender waits for the answer to one event, under a steady load of single events, against the put and the
// message that the answer needs, made at the same rate by a bare loop. Events are sent when they are due, whether or not
// earlier ones are answered, so that a stall is felt by all who would have come in it.

const EVENTS_PER_SECOND = 200;
const TURN_MS = 5_000;
/** Of the two calls alone beside the pipeline: few, so that they add little to its load. */
const PROBES_PER_SECOND = 50;

type Send = (run: string, n: number) => Promise<void>;

interface Latencies {
  /** Turn by turn. */
  readonly ours: readonly (readonly number[])[];
  readonly theirs: readonly (readonly number[])[];
}

export const benchmark: Benchmark = {
  title: `answering single events, ${EVENTS_PER_SECOND} a second`,
  async run(progress): Promise<BenchmarkReport> {
    const runtime = await startLocalRuntime();
    let pipeline: Latencies;
    let beside: Latencies;
    let floor: Latencies;
    try {
      const bare = await bareEngines(runtime.endpoints);
      pipeline = await compare(runtime, bare, progress);
      beside = await compareAtOnce(runtime, bare, progress);
      const bareIngest = await startBareIngestRuntime();
      try {
        floor = await compare(bareIngest, bare, (step) => {
          progress(`only the two calls: ${step}`);
        });
      } finally {
        await bareIngest.stop();
      }
      bare.stop();
    } finally {
      await runtime.stop();
    }
    const p99 = ratioAt(pipeline, 0.99);
    const p99Beside = ratioAt(beside, 0.99);
    return {
      tables: [
        {
          title: `Milliseconds (${TURNS} turns of ${TURN_MS / 1_000} s a side)`,
          columns: ['', '/segment', 'bare put and send', 'ratio', '±'],
          rows: [
            row('median', pipeline, 0.5),
            row('p95', pipeline, 0.95),
            row('p99', pipeline, 0.99),
            row('p99, both at the same time', beside, 0.99),
            row('p99, an ingest that only makes its two calls', floor, 0.99),
          ],
        },
      ],
      targets: [
        { name: 'p99 / p99 of put and send', unit: '×', measured: p99.median, spread: p99.spread, atMost: 2 },
        {
          name: 'p99 / p99 of put and send at the same time',
          unit: '×',
          measured: p99Beside.median,
          spread: p99Beside.spread,
          atMost: 2,
        },
      ],
      notes: [
        'The bare loop stores and sends only; the pipeline also processes what it has taken, on the same two cores.',
        `At the same time: ${PROBES_PER_SECOND} bare puts and messages a second beside the pipeline’s load, which meet what it processes as well.`,
        'The last row is what the local runtime makes of an ingest function that checks nothing and only puts and sends.',
      ],
    };
  },
};

async function compare(
  runtime: LocalRuntime,
  bare: BareEngines,
  progress: (step: string) => void,
): Promise<Latencies> {
  const sender = eventSender(runtime);
  const sendOurs: Send = (run, n) => sender.send(trackEvent(run, n, new Date().toISOString()));
  const sendBare: Send = (run, n) => bare.store(run, n);
  const started = Date.now();
  for (const send of [sendOurs, sendBare]) await latenciesOf(`warm-up-${started}`, send);
  const latencies = await interleave(
    (turn) => latenciesOf(`acknowledge-${started}-${turn}`, sendOurs),
    (turn) => latenciesOf(`acknowledge-${started}-${turn}`, sendBare),
    progress,
  );
  sender.close();
  return latencies;
}

/** The two calls alone while the pipeline answers and processes: what any ingest would wait for on this machine. */
async function compareAtOnce(
  runtime: LocalRuntime,
  bare: BareEngines,
  progress: (step: string) => void,
): Promise<Latencies> {
  const sender = eventSender(runtime);
  const ours: (readonly number[])[] = [];
  const theirs: (readonly number[])[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    progress(`at the same time: turn ${String(turn + 1)}`);
    const run = `beside-${String(Date.now())}`;
    const [pipeline, calls] = await Promise.all([
      latenciesOf(run, (name, n) => sender.send(trackEvent(name, n, new Date().toISOString()))),
      latenciesOf(run, (name, n) => bare.store(name, n), PROBES_PER_SECOND),
    ]);
    ours.push(pipeline);
    theirs.push(calls);
  }
  sender.close();
  return { ours, theirs };
}

const at = (turns: Latencies['ours'], share: number): readonly number[] =>
  turns.map((latencies) => quantile(latencies, share));

const ratioAt = ({ ours, theirs }: Latencies, share: number) =>
  ratioOfTurns(at(ours, share), at(theirs, share));

function row(name: string, latencies: Latencies, share: number): (string | number)[] {
  const ratio = ratioAt(latencies, share);
  const medians = [latencies.ours, latencies.theirs].map((turns) => figureOf(at(turns, share)).median);
  return [name, ...medians, ratio.median, ratio.spread];
}

/** Milliseconds from when each event was due to its answer. */
async function latenciesOf(
  run: string,
  send: Send,
  perSecond = EVENTS_PER_SECOND,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const sent: Promise<void>[] = [];
  const began = performance.now();
  for (let n = 0; n < (TURN_MS / 1_000) * perSecond; n += 1) {
    const due = began + (n / perSecond) * 1_000;
    // A timer counts whole milliseconds and wakes late; what is due has its latency counted from here on all the same.
    const earlyMs = due - performance.now();
    if (earlyMs > 0) await setTimeout(earlyMs);
    const from = performance.now();
    sent.push(send(run, n).then(() => void latencies.push(performance.now() - from)));
  }
  await Promise.all(sent);
  return latencies;
}
