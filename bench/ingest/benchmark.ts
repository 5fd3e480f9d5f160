import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { toBodyItems, toEventItem } from '../../adapters/event-item.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { insertItems } from '../../adapters/insert-items.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import type { Benchmark, BenchmarkReport, Target } from '../benchmark.ts';
import { cpuTimeOf } from '../cpu-time.ts';
import { TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { trackEvent } from '../pipeline/load.ts';
import { figureOf, ratioOfTurns } from '../spread.ts';
import { startStub, type Stub } from '../stub/stub.ts';
import { ingestFunction, requestOf } from './ingest-function.ts';

// Processor time of the ingest function for one event, against the calls that it makes, with nothing around them: the
// items and the message are made beforehand, the clients are the function's own. One request at a time, as a Lambda
// environment has them.

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
        const [ours, theirs] = [functionSide(stub, requests), bareSide(stub, requests)];
        // Compiles both, and looks up the key.
        for (const side of [ours, theirs]) await cpuTimeOf(side, TURN_MS);
        const cpu = await interleave(
          () => cpuTimeOf(ours, TURN_MS),
          () => cpuTimeOf(theirs, TURN_MS),
          (step) => {
            progress(`${name}: ${step}`);
          },
          TURNS * 2 - 1,
        );
        const ratio = ratioOfTurns(cpu.ours, cpu.theirs);
        const perEvent = (samples: readonly number[]): number => figureOf(samples).median / events;
        rows.push([name, perEvent(cpu.ours), perEvent(cpu.theirs), ratio.median, ratio.spread]);
        targets.push({
          name: `${name}: function / calls`,
          unit: '×',
          measured: ratio.median,
          spread: ratio.spread,
          atMost: 1.25,
        });
      }
      return {
        tables: [
          {
            title: 'Microseconds of processor time per event',
            columns: ['', 'function', 'calls alone', 'ratio', '±'],
            rows,
          },
        ],
        targets,
        notes: ['The stores answer at once, in another process; its time is not counted.'],
      };
    } finally {
      await stub.stop();
    }
  },
};

type Events = readonly ReturnType<typeof trackEvent>[];

const eventsOf = (first: number, count: number): Events =>
  Array.from({ length: count }, (_, index) => trackEvent('ingest', first + index, '2026-11-23T12:00:00Z'));

const at = <Item>(items: readonly Item[], n: number): Item => {
  const item = items[n % items.length];
  if (item === undefined) throw new Error('There are no requests.');
  return item;
};

function functionSide({ dynamo, sqs, queueUrl }: Stub, requests: readonly Events[]) {
  const handler = ingestFunction({ dynamo, sqs, queueUrl }, { events: 'events', operations: 'operations' });
  const http = requests.map((events) => requestOf(JSON.stringify(events.length === 1 ? events[0] : events)));
  return async (n: number): Promise<void> => {
    const { statusCode: status } = await handler(at(http, n));
    if (status !== 200) throw new Error(`Ingest answered ${String(status)}.`);
  };
}

function bareSide({ dynamo, sqs, queueUrl }: Stub, requests: readonly Events[]) {
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
    const { items, message } = at(prepared, n);
    const [only] = items;
    if (items.length > 1 || only === undefined) await insertItems(dynamo, 'events', items);
    else {
      await dynamo.send(
        new PutItemCommand({
          TableName: 'events',
          Item: { ...only },
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
    }
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: message }));
  };
}
