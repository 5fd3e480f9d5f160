import { toBodyItems, toEventItem } from '../../adapters/event-item.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import type { Benchmark, BenchmarkReport, Target } from '../benchmark.ts';
import { cpuTimeOf } from '../cpu-time.ts';
import { TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { trackEvent } from '../pipeline/load.ts';
import { figureOf, ratioOfTurns } from '../spread.ts';
import { startStub, type Stub } from '../stub/stub.ts';
import { bareCalls, nth } from './bare-calls.ts';
import { floorSide } from './floor.ts';
import { ingestFunction, requestOf } from './ingest-function.ts';

// Processor time of the ingest function for one event, against the calls that it makes, with nothing around them: the
// items and the message are made beforehand, the clients are the function's own. One request at a time, as a Lambda
// environment has them. The floor is those calls and what nobody can leave out before them (floor.ts).

const TURN_MS = 1_000;
const REQUESTS = 64;
const SHAPES = [
  { name: 'single', events: 1 },
  { name: 'arrays of 100', events: 100 },
] as const;

export const benchmark: Benchmark = {
  title: 'processor time of the ingest function per event, against its calls alone',
  async run(progress): Promise<BenchmarkReport> {
    const stub = await startStub();
    try {
      const rows: (string | number)[][] = [];
      const targets: Target[] = [];
      for (const { name, events } of SHAPES) {
        const requests = Array.from({ length: REQUESTS }, (_, n) => eventsOf(n * events, events));
        const ours = functionSide(stub, requests);
        const sides = { calls: bareSide(stub, requests), floor: floorSide(stub, bodiesOf(requests)) };
        for (const [against, theirs] of Object.entries(sides)) {
          // Compiles both, and looks up the key.
          for (const side of [ours, theirs]) await cpuTimeOf(side, TURN_MS);
          const cpu = await interleave(
            () => cpuTimeOf(ours, TURN_MS),
            () => cpuTimeOf(theirs, TURN_MS),
            (step) => {
              progress(`${name}, ${against}: ${step}`);
            },
            TURNS * 2 - 1,
          );
          const { median, spread } = ratioOfTurns(cpu.ours, cpu.theirs);
          const perEvent = (samples: readonly number[]): number => figureOf(samples).median / events;
          rows.push([`${name}: ${against}`, perEvent(cpu.ours), perEvent(cpu.theirs), median, spread]);
          const target = { unit: '×', measured: median, spread, atMost: 1.25 };
          targets.push({ name: `${name}: function / ${against}`, ...target });
        }
      }
      return {
        tables: [
          {
            title: 'Microseconds of processor time per event',
            columns: ['', 'function', 'against', 'ratio', '±'],
            rows,
          },
        ],
        targets,
        notes: [
          'Calls: the puts and the message alone, made beforehand.',
          'Floor: the same calls, and before them parsing the request, cutting out, hashing and deflating each event, and making the items.',
          'The stores answer at once, in another process; its time is not counted.',
        ],
      };
    } finally {
      await stub.stop();
    }
  },
};

type Events = readonly ReturnType<typeof trackEvent>[];

const eventsOf = (first: number, count: number): Events =>
  Array.from({ length: count }, (_, index) => trackEvent('ingest', first + index, '2026-11-23T12:00:00Z'));

const bodiesOf = (requests: readonly Events[]): readonly string[] =>
  requests.map((events) => JSON.stringify(events.length === 1 ? events[0] : events));

function functionSide({ dynamo, sqs, queueUrl }: Stub, requests: readonly Events[]) {
  const handler = ingestFunction({ dynamo, sqs, queueUrl }, { events: 'events', operations: 'operations' });
  const http = bodiesOf(requests).map(requestOf);
  return async (n: number): Promise<void> => {
    const { statusCode: status } = await handler(nth(http, n));
    if (status !== 200) throw new Error(`Ingest answered ${String(status)}.`);
  };
}

function bareSide(stub: Stub, requests: readonly Events[]) {
  const prepared = requests.map((events) => {
    const keys = events.map(({ messageId }) => eventKeyOf(messageId));
    const items = events.map((event, index) => {
      const key = keys[index] ?? '';
      const text = JSON.stringify(event);
      const [time, receivedAt] = [Date.parse(event.timestamp), Date.now()];
      return toEventItem(
        {
          key,
          ...{ messageId: event.messageId, type: 'track', userId: event.userId, name: event.event },
          ...{ time, receivedAt, dialect: 'webhook', apiKeyId: 'key_0123456789abcdef', text },
        },
        toBodyItems(key, text, () => '').inline,
      );
    });
    return { items, message: toQueueMessage(keys) };
  });
  return async (n: number): Promise<void> => {
    const { items, message } = nth(prepared, n);
    await bareCalls(stub, items, message);
  };
}
