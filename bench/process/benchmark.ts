import type { SQSEvent } from 'aws-lambda';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { processHandler } from '../../functions/process/handler.ts';
import type { Benchmark, BenchmarkReport, ReportTable, Target } from '../benchmark.ts';
import { cpuTimeOf } from '../cpu-time.ts';
import { TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { batchEvent } from '../lambda-events.ts';
import { figureOf, ratioOfTurns } from '../spread.ts';
import { startStub, type Stub } from '../stub/stub.ts';
import { bareChunks, commitChunks, keysOf, readHead, readItems } from './bare-calls.ts';
import { floorSide } from './floor.ts';
import { CONFIG, storeBatch, TABLES, usersOf, type Stored } from './stored-batch.ts';

// Processor time of the process function for one event of a full batch, against the calls that it makes, with nothing
// around them: the transactions alone, and the transactions with the reads that they rest on, keys and items made
// beforehand. The floor is those calls and what nobody can leave out between them (floor.ts). The client is the function's own.

const EVENTS = 560;
const EVENTS_PER_MESSAGE = 100;
const TURN_MS = 1_000;

export const benchmark: Benchmark = {
  title: `processor time of the process function per event, in batches of ${EVENTS}, against its calls alone`,
  async run(progress): Promise<BenchmarkReport> {
    const stub = await startStub();
    try {
      const events = await storeBatch(stub.dynamo, EVENTS);
      const ours = functionSide(
        stub,
        events.map(({ key }) => key),
      );
      const bare = bareSides(stub, events);
      const rows: ReportTable['rows'][number][] = [];
      const targets: Target[] = [];
      for (const [name, theirs] of Object.entries(bare)) {
        for (const side of [ours, theirs]) await cpuTimeOf(side, TURN_MS);
        const cpu = await interleave(
          () => cpuTimeOf(ours, TURN_MS),
          () => cpuTimeOf(theirs, TURN_MS),
          (step) => {
            progress(`${name}: ${step}`);
          },
          TURNS * 2 - 1,
        );
        const { median, spread } = ratioOfTurns(cpu.ours, cpu.theirs);
        const perEvent = (samples: readonly number[]): number => figureOf(samples).median / EVENTS;
        rows.push([name, perEvent(cpu.ours), perEvent(cpu.theirs), median, spread]);
        targets.push({ name: `function / ${name}`, unit: '×', measured: median, spread, atMost: 1.25 });
      }
      const columns = ['', 'function', 'against', 'ratio', '±'];
      return {
        tables: [{ title: 'Microseconds of processor time per event', columns, rows }],
        targets,
        notes: [
          'Floor: the reads and transactions, and between them inflating and parsing the events, adding up what they count, and making the items.',
          'The store answers at once, in another process; its time is not counted.',
          'Five events in a row belong to one user; everybody is known, and every event names a feature.',
        ],
      };
    } finally {
      await stub.stop();
    }
  },
};

function functionSide({ dynamo }: Stub, keys: readonly string[]) {
  const handler = processHandler(
    {
      dynamo,
      tables: TABLES,
      events: new EventStore(dynamo, TABLES.events),
      users: new UserStore(dynamo, TABLES.users),
      rulesets: new RulesetStore(dynamo, CONFIG),
      now: Date.now,
    },
    'arn:aws:sqs:us-east-1:000000000000:last-chance',
  );
  const batch = batchOf(keys);
  return async (): Promise<void> => {
    const answer = await handler(batch, { getRemainingTimeInMillis: () => 60_000 });
    if (answer.batchItemFailures.length > 0) throw new Error('Events were not processed.');
  };
}

function batchOf(keys: readonly string[]): SQSEvent {
  const messages = Math.ceil(keys.length / EVENTS_PER_MESSAGE);
  return batchEvent(
    Array.from({ length: messages }, (_, n) =>
      toQueueMessage(keys.slice(n * EVENTS_PER_MESSAGE, (n + 1) * EVENTS_PER_MESSAGE)),
    ),
  );
}

function bareSides({ dynamo }: Stub, events: readonly Stored[]) {
  const decidedAt = Date.now();
  const chunks = bareChunks(events, decidedAt);
  const keys = keysOf(
    events.map(({ key }) => key),
    usersOf(events),
  );
  const commit = () => commitChunks(dynamo, chunks, ({ items }) => items);
  return {
    'reads and transactions': async () => {
      await readHead(dynamo);
      await readItems(dynamo, TABLES.events, keys.events);
      await readItems(dynamo, TABLES.users, keys.tombstones);
      await readItems(dynamo, TABLES.users, keys.users);
      await commit();
    },
    'transactions alone': commit,
    floor: floorSide(dynamo, events, chunks, decidedAt),
  };
}
