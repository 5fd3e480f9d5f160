import { randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { SQSEvent } from 'aws-lambda';
import { S, type Item } from '../../adapters/attributes.ts';
import { packChunks, planChunk } from '../../adapters/commit-plan.ts';
import type { DecidedEvent } from '../../adapters/decided-event.ts';
import { EVENT_SK, eventPk, fromEventItem, toBodyItems, toEventItem } from '../../adapters/event-item.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { eventKeyOf, keyPartOf } from '../../adapters/keys.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import { HEAD_SK, RULESET_PK, rulesetWrites, RulesetStore } from '../../adapters/ruleset-store.ts';
import { tombstoneKey } from '../../adapters/tombstone-item.ts';
import { toUserItem, USER_SK, userPk } from '../../adapters/user-item.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { NO_FACTS } from '../../core/identity/identity-draft.ts';
import { newNode } from '../../core/identity/user-node.ts';
import { EMPTY_SNAPSHOT } from '../../core/ruleset.ts';
import { processHandler } from '../../functions/process/handler.ts';
import type { Benchmark, BenchmarkReport, ReportTable, Target } from '../benchmark.ts';
import { cpuTimeOf } from '../cpu-time.ts';
import { TURNS } from '../effort.ts';
import { interleave } from '../interleave.ts';
import { batchEvent } from '../lambda-events.ts';
import { trackEvent } from '../pipeline/load.ts';
import { figureOf, ratioOfTurns } from '../spread.ts';
import { startStub, type Stub } from '../stub/stub.ts';

// Processor time of the process function for one event of a full batch, against the calls that it makes, with nothing
// around them: the transactions alone, and the transactions with the reads that they rest on. Keys and items are made
// beforehand, the client is the function's own.

const EVENTS = 560;
const EVENTS_PER_MESSAGE = 100;
const TURN_MS = 1_000;
const TABLES = { events: 'events', usage: 'usage', users: 'users' };
const CONFIG = 'config';

export const benchmark: Benchmark = {
  title: `processor time of the process function per event, in batches of ${EVENTS}, against its calls alone`,
  async run(progress): Promise<BenchmarkReport> {
    const stub = await startStub();
    try {
      const events = await fill(stub);
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
      const columns = ['', 'function', 'calls alone', 'ratio', '±'];
      return {
        tables: [{ title: 'Microseconds of processor time per event', columns, rows }],
        targets,
        notes: [
          'The store answers at once, in another process; its time is not counted.',
          'Five events in a row belong to one user; everybody is known, and every event names a feature.',
        ],
      };
    } finally {
      await stub.stop();
    }
  },
};

interface Stored {
  readonly key: string;
  readonly userId: string;
  readonly item: Item;
}

/** Puts into the stub what a batch finds: its events, their users, and a ruleset with the feature that they name. */
async function fill({ dynamo }: Stub): Promise<readonly Stored[]> {
  const put = (table: string, item: Item) =>
    dynamo.send(new PutItemCommand({ TableName: table, Item: { ...item } }));
  const now = Date.now();
  const events = Array.from({ length: EVENTS }, (_, n): Stored => {
    const body = trackEvent('process', n, new Date(now).toISOString());
    const { messageId, userId, event: name } = body;
    const key = eventKeyOf(messageId);
    const text = JSON.stringify(body);
    const source = { dialect: 'webhook', apiKeyId: 'key_0123456789abcdef' } as const;
    const event = { key, messageId, type: 'track', userId, name, time: now, receivedAt: now } as const;
    return {
      key,
      userId,
      item: toEventItem({ ...event, ...source, text }, toBodyItems(key, text, () => '').inline),
    };
  });
  await mapAtMost(8, events, ({ item }) => put(TABLES.events, item));
  await mapAtMost(8, usersOf(events), (userId) => put(TABLES.users, toUserItem(nodeOf(userId))));
  const features = [{ id: 'messages', archived: false, generation: 1 }];
  for (const { Put: write } of rulesetWrites(CONFIG, { ...EMPTY_SNAPSHOT, generation: 1, features }, '')) {
    if (write?.Item !== undefined) await put(CONFIG, write.Item);
  }
  return events;
}

const usersOf = (events: readonly Stored[]): readonly string[] => [
  ...new Set(events.map(({ userId }) => userId)),
];
const nodeOf = (userId: string) => newNode({ key: keyPartOf(userId), userId }, { said: {}, createdAt: 1 });

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
  const decided = events
    .map(({ item }): DecidedEvent => {
      const record = fromEventItem(item);
      const uses = [{ featureId: 'messages', delta: '1' }];
      return { record, generation: 1, decision: { kind: 'mapped', uses } };
    })
    .toSorted(({ record: a }, { record: b }) => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : 0));
  const users = usersOf(events);
  const facts = { ...NO_FACTS, nodes: new Map(users.map((userId) => [keyPartOf(userId), nodeOf(userId)])) };
  const transactions = packChunks(decided, facts).map((chunk) =>
    planChunk(TABLES, chunk, facts, new Map(), Date.now()).items.map(({ item }) => item),
  );
  const commit = (): Promise<unknown> =>
    mapAtMost(4, transactions, (items) =>
      dynamo.send(new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: randomUUID() })),
    );
  const read = async (table: string, keys: readonly Item[]): Promise<void> => {
    const pages: Item[][] = [];
    for (let start = 0; start < keys.length; start += 100) pages.push(keys.slice(start, start + 100));
    await Promise.all(
      pages.map((page) =>
        dynamo.send(
          new BatchGetItemCommand({
            RequestItems: { [table]: { Keys: page.map((key) => ({ ...key })), ConsistentRead: true } },
          }),
        ),
      ),
    );
  };
  const readAll = async (): Promise<void> => {
    const Key = { pk: S(RULESET_PK), sk: S(HEAD_SK) };
    await dynamo.send(new GetItemCommand({ TableName: CONFIG, Key, ConsistentRead: true }));
    await read(
      TABLES.events,
      events.map(({ key }) => ({ pk: S(eventPk(key)), sk: S(EVENT_SK) })),
    );
    await read(
      TABLES.users,
      users.map((userId) => tombstoneKey(keyPartOf(userId))),
    );
    await read(
      TABLES.users,
      users.map((userId) => ({ pk: S(userPk(userId)), sk: S(USER_SK) })),
    );
  };
  return {
    'reads and transactions': async () => {
      await readAll();
      await commit();
    },
    'transactions alone': commit,
  };
}
