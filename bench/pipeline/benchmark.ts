import { setTimeout } from 'node:timers/promises';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { eventKeyOf } from '../../adapters/keys.ts';
import type { Benchmark, BenchmarkReport } from '../benchmark.ts';
import { TURN_SECONDS, TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { figureOf, quantile, ratioOfTurns } from '../spread.ts';
import { bareEngines, type BareEngines } from './bare.ts';
import { startBareIngestRuntime } from './bare-ingest-runtime.ts';
import { eventSender, sendLoad, trackEvent } from './load.ts';
import { startLocalRuntime, TABLES, until, type LocalRuntime } from './local-runtime.ts';

// The whole local pipeline, from the HTTP request to the counted usage, against what its engines can do from a bare loop
// that makes the same calls. Both run on the same engines, in turns. A rate is events counted, not events taken: each
// turn lasts until the last event of it is in the usage.

/** How much of the pipeline's own rate the latency is measured at. */
const LATENCY_LOAD = 0.5;

const COUNTED_MS = 120_000;

interface Rates {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

export const benchmark: Benchmark = {
  title: 'events counted per second, from HTTP to usage, and how soon',
  async run(progress): Promise<BenchmarkReport> {
    const runtime = await startLocalRuntime();
    try {
      const bare = await bareEngines(runtime.endpoints);
      const ratesOf = (what: string, load: Load): Promise<Rates> =>
        compareRates(runtime, bare, load, (step) => {
          progress(`${what}: ${step}`);
        });
      const arrays = await ratesOf('arrays of 100', { perRequest: 100, connections: 3 });
      const singles = await ratesOf('one by one', ONE_BY_ONE);
      const memory = (await runtime.memoryBytes()) / 1024 / 1024;
      progress('latency');
      const latencies = await countedLatencies(runtime, quantile(singles.ours, 0.5) * LATENCY_LOAD);
      const floor = await floorRates(bare, progress);
      bare.stop();
      return report(runtime.readyMs, { arrays, singles, floor }, latencies, memory);
    } finally {
      await runtime.stop();
    }
  },
};

type Load = { readonly perRequest: number; readonly connections: number };

/** What a turn of a side sends: other events than any turn before it. */
const turnOf = (load: Load, turn: number) => ({
  run: `${String(load.perRequest)}-${String(turn)}-${String(Date.now())}`,
  until: Date.now() + TURN_SECONDS * 1000,
  ...load,
});

const ONE_BY_ONE: Load = { perRequest: 1, connections: 16 };

function compareRates(
  runtime: LocalRuntime,
  bare: BareEngines,
  load: Load,
  progress: (step: string) => void,
): Promise<Rates> {
  return interleave(
    (turn) => ourRate(runtime, turn, load),
    (turn) => bareRate(bare, turn, load),
    progress,
  );
}

/** What a runtime reaches whose ingest function does nothing but its two calls, with all else as it is. */
async function floorRates(bare: BareEngines, progress: (step: string) => void): Promise<Rates> {
  const runtime = await startBareIngestRuntime();
  try {
    return await compareRates(runtime, bare, ONE_BY_ONE, (step) => {
      progress(`one by one, only the two calls: ${step}`);
    });
  } finally {
    await runtime.stop();
  }
}

async function ourRate(runtime: LocalRuntime, turn: number, load: Load): Promise<number> {
  const before = await runtime.counted('messages');
  const began = performance.now();
  const { events, failures } = await sendLoad(runtime, turnOf(load, turn));
  if (failures > 0) throw new Error(`${String(failures)} requests failed.`);
  await until(
    'every event is counted',
    COUNTED_MS,
    async () => (await runtime.counted('messages')) >= before + events,
  );
  return (events / (performance.now() - began)) * 1000;
}

async function bareRate(bare: BareEngines, turn: number, load: Load): Promise<number> {
  const began = performance.now();
  const counted = await bare.run(turnOf(load, turn));
  return (counted / (performance.now() - began)) * 1000;
}

/** Milliseconds from sending a single event to its outcome being stored, under a steady load of single events. */
async function countedLatencies(runtime: LocalRuntime, eventsPerSecond: number): Promise<number[]> {
  const latencies: number[] = [];
  const run = `latency-${String(Date.now())}`;
  const probes: Promise<void>[] = [];
  const sender = eventSender(runtime);
  const began = performance.now();
  for (let n = 0; performance.now() - began < TURN_SECONDS * 1000; n += 1) {
    const due = began + (n / eventsPerSecond) * 1000;
    const earlyMs = due - performance.now();
    if (earlyMs > 0) await setTimeout(earlyMs);
    const body = trackEvent(run, n, new Date().toISOString());
    const sentAt = performance.now();
    const sent = sender.send(body);
    // Watching every event would be a load of its own.
    probes.push(
      n % 20 === 0
        ? sent
            .then(() => settled(runtime, eventKeyOf(body.messageId)))
            .then(() => void latencies.push(performance.now() - sentAt))
        : sent,
    );
  }
  await Promise.all(probes);
  sender.close();
  return latencies;
}

async function settled({ dynamo }: LocalRuntime, eventKey: string): Promise<void> {
  for (;;) {
    const { Item: item } = await dynamo.send(
      new GetItemCommand({
        TableName: TABLES.events,
        Key: { pk: { S: `e#${eventKey}` }, sk: { S: 'e' } },
        ConsistentRead: true,
      }),
    );
    if (item?.['st']?.S === 'mapped') return;
    await setTimeout(15);
  }
}

function report(
  readyMs: number,
  { arrays, singles, floor }: { readonly arrays: Rates; readonly singles: Rates; readonly floor: Rates },
  latencies: readonly number[],
  memoryMb: number,
): BenchmarkReport {
  const shareOf = ({ ours, theirs }: Rates) => ratioOfTurns(ours, theirs);
  const row = (name: string, rates: Rates): (string | number)[] => {
    const share = shareOf(rates);
    return [name, figureOf(rates.ours).median, figureOf(rates.theirs).median, share.median, share.spread];
  };
  return {
    tables: [
      {
        title: `Events counted per second (${String(TURNS)} turns of ${String(TURN_SECONDS)} s a side)`,
        columns: ['', 'pipeline', 'bare engines', 'share', '±'],
        rows: [
          row('arrays of 100', arrays),
          row('one by one', singles),
          row('one by one, an ingest that only makes its two calls', floor),
        ],
      },
      {
        title: `Milliseconds from sending to counted, single events at ${String(LATENCY_LOAD)} of that rate`,
        columns: ['', 'median', 'p99'],
        rows: [['single events', quantile(latencies, 0.5), quantile(latencies, 0.99)]],
      },
    ],
    targets: [
      {
        name: 'share of the bare rate, arrays of 100',
        unit: '',
        measured: shareOf(arrays).median,
        spread: shareOf(arrays).spread,
        atLeast: 0.7,
      },
      {
        name: 'share of the bare rate, one by one',
        unit: '',
        measured: shareOf(singles).median,
        spread: shareOf(singles).spread,
        atLeast: 0.7,
      },
      {
        name: 'send to counted, p99',
        unit: 'ms',
        measured: quantile(latencies, 0.99),
        spread: 0,
        atMost: 2_000,
      },
      { name: 'ready after start', unit: 'ms', measured: readyMs, spread: 0, atMost: 10_000 },
      { name: 'resident memory of all processes', unit: 'MB', measured: memoryMb, spread: 0, atMost: 600 },
    ],
    notes: [
      'A bare loop makes the same DynamoDB and SQS calls for the same events, with no HTTP, functions, roles or rules around them.',
      'The last row is what this runtime reaches with an ingest function that checks nothing and only puts and sends; no ingest can be faster behind it.',
      'Both sides and the sender share this machine; the shares are of one interleaved run.',
      'Resident memory is proportional: pages that processes share are divided among them, so the sum is what the machine spends.',
    ],
  };
}
