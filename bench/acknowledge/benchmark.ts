import { setTimeout } from 'node:timers/promises';
import type { Benchmark, BenchmarkReport } from '../benchmark.ts';
import { TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { bareEngines } from '../pipeline/bare.ts';
import { eventSender, trackEvent } from '../pipeline/load.ts';
import { startLocalRuntime } from '../pipeline/local-runtime.ts';
import { figureOf, quantile, ratioOfTurns } from '../spread.ts';

// How long a sender waits for the answer to one event, under a steady load of single events, against the put and the
// message that the answer needs, made at the same rate by a bare loop. Events are sent when they are due, whether or not
// earlier ones are answered, so that a stall is felt by all who would have come in it.

const EVENTS_PER_SECOND = 200;
const TURN_MS = 5_000;

export const benchmark: Benchmark = {
  title: `answering single events, ${EVENTS_PER_SECOND} a second`,
  async run(progress): Promise<BenchmarkReport> {
    const runtime = await startLocalRuntime();
    try {
      const bare = await bareEngines(runtime.endpoints);
      const sender = eventSender(runtime);
      const sendOurs = (run: string, n: number): Promise<void> =>
        sender.send(trackEvent(run, n, new Date().toISOString()));
      const sendBare = (run: string, n: number): Promise<void> => bare.store(run, n);
      for (const send of [sendOurs, sendBare]) await latenciesOf('warm-up', send);
      const { ours, theirs } = await interleave(
        (turn) => latenciesOf(`acknowledge-${turn}`, sendOurs),
        (turn) => latenciesOf(`acknowledge-${turn}`, sendBare),
        progress,
      );
      bare.stop();
      sender.close();
      const at = (turns: readonly (readonly number[])[], share: number): readonly number[] =>
        turns.map((latencies) => quantile(latencies, share));
      const p99 = ratioOfTurns(at(ours, 0.99), at(theirs, 0.99));
      const row = (name: string, share: number): (string | number)[] => {
        const ratio = ratioOfTurns(at(ours, share), at(theirs, share));
        const medians = [ours, theirs].map((turns) => figureOf(at(turns, share)).median);
        return [name, ...medians, ratio.median, ratio.spread];
      };
      return {
        tables: [
          {
            title: `Milliseconds (${TURNS} turns of ${TURN_MS / 1_000} s a side)`,
            columns: ['', '/segment', 'bare put and send', 'ratio', '±'],
            rows: [row('median', 0.5), row('p95', 0.95), row('p99', 0.99)],
          },
        ],
        targets: [
          {
            name: 'p99 / p99 of put and send',
            unit: '×',
            measured: p99.median,
            spread: p99.spread,
            atMost: 2,
          },
        ],
        notes: [
          'The bare loop stores and sends only; the pipeline also processes what it has taken, on the same two cores.',
        ],
      };
    } finally {
      await runtime.stop();
    }
  },
};

/** Milliseconds from when each event was due to its answer. */
async function latenciesOf(
  run: string,
  send: (run: string, n: number) => Promise<void>,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const sent: Promise<void>[] = [];
  const began = performance.now();
  for (let n = 0; n < (TURN_MS / 1_000) * EVENTS_PER_SECOND; n += 1) {
    const due = began + (n / EVENTS_PER_SECOND) * 1_000;
    // A timer counts whole milliseconds and wakes late; what is due has its latency counted from here on all the same.
    if (due > performance.now()) await setTimeout(due - performance.now());
    const from = performance.now();
    sent.push(send(run, n).then(() => void latencies.push(performance.now() - from)));
  }
  await Promise.all(sent);
  return latencies;
}
