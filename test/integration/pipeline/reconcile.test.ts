import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { newChange } from '../../../adapters/asked-change.ts';
import { N, S, type Item } from '../../../adapters/attributes.ts';
import { ConfigStore } from '../../../adapters/config-store.ts';
import { EVENT_SK, eventPk } from '../../../adapters/event-item.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import {
  reconciliationIdOf,
  ReconciliationStore,
  type FoundDifference,
  type Reconciliation,
} from '../../../adapters/reconciliation-store.ts';
import { SweepQueue } from '../../../adapters/sweep-queue.ts';
import { UsageAudit } from '../../../adapters/usage-audit.ts';
import { FEATURE_SHARDS, usageFeaturePk, usageUserPk, usageUserSk } from '../../../adapters/usage-item.ts';
import { reconcilePart } from '../../../functions/reprocess/reconcile.ts';
import { DIFFERENCE_FOUND } from '../../../infra/difference-found.ts';
import { createPipeline, startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';

// Reconciling: every stored amount that is not what the stored events say is reported, and no other.

let engines: Engines;
let pipeline: Pipeline;
let store: ReconciliationStore;
let sweeps: SweepQueue;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  pipeline = await createPipeline(engines);
  store = new ReconciliationStore(pipeline.client, pipeline.tables.operations);
  sweeps = new SweepQueue(engines.sqs.client, pipeline.queues.sweeps.url);
  const { client, tables, clock } = pipeline;
  let rules = 0;
  const config = new ConfigStore(client, tables.config, {
    now: () => (clock.now += 1),
    newRuleId: () => `rul_${String((rules += 1))}`,
  });
  for (const id of ['exports', 'seats'])
    await config.createFeature(id, { name: id, type: 'consumable', archived: false });
  const rule = (featureId: string, event: string) =>
    config.createRule(
      { enabled: true, featureId, event: { operator: 'equals', value: event }, conditions: [] },
      'me',
    );
  await rule('seats', 'Seat Taken');
  const taken = await rule('seats', 'Taken Back');
  const recounted = await rule('exports', 'Recounted');
  await send(
    ...['a', 'b', 'c', 'd', 'e', 'f'].map((userId, index) => used(`m-${userId}`, userId, index + 1)),
    used('m-late', 'a', 0.5, '2026-09-02T23:59:59.999Z'),
    used('m-negative', 'b', '-1.25'),
    used('m-long', 'x'.repeat(200), 3),
    { ...used('m-rule', 'c', 2), event: 'Seat Taken', properties: {} },
    { ...used('m-back', 'c', 2), event: 'Taken Back', properties: { pages: 2 } },
    { ...used('m-again', 'd', 2), event: 'Recounted', properties: { pages: 2 } },
    { ...used('m-unmapped', 'd', 2), properties: {} },
    ...['a', 'b'].map((userId) => ({
      type: 'identify',
      messageId: `i-${userId}`,
      userId,
      timestamp: `${DAY}T09:00:00Z`,
      traits: { email: 'same@example.com', billingUserId: 'cus_1' },
    })),
  );
  if (taken.kind !== 'saved' || recounted.kind !== 'saved') throw new Error('No rule was saved.');
  await config.deleteRule(taken.rule.id, 'me', 'revert');
  const edit = { delta: { path: 'properties.pages' } };
  await config.changeRule(recounted.rule.id, (body) => ({ ok: true, body: { ...body, ...edit } }), 'me', {
    past: 'recount',
  });
  await pipeline.rulesChanged();
});

const DAY = '2026-11-22';
const used = (messageId: string, userId: string, delta: number | string, timestamp = `${DAY}T10:15:00Z`) => ({
  type: 'track',
  messageId,
  userId,
  event: 'Report Exported',
  timestamp,
  properties: { featureId: 'exports', delta },
});

async function send(...events: readonly object[]): Promise<void> {
  for (const event of events) expect((await pipeline.webhook(event)).status).toBe(200);
  await pipeline.drainEvents();
}

const start = () => store.start(reconciliationIdOf(newChange(pipeline.clock.now)), 'me', pipeline.clock.now);

async function reconcile(): Promise<Reconciliation> {
  const { id } = await start();
  await sweeps.send([{ reconciliationId: id }]);
  await pipeline.drainSweeps();
  return await read(id);
}

async function read(id: string): Promise<Reconciliation> {
  const run = await store.get(id);
  if (run === undefined) throw new Error('The reconciliation is gone.');
  return run;
}

/** One part with an audit of the test's own; a call is one delivery of the message. */
async function workOn(
  id: string,
  { audit, deadline = Infinity, rows }: { audit?: UsageAudit; deadline?: number; rows?: number } = {},
) {
  const deps = {
    audit: audit ?? new UsageAudit(pipeline.client, pipeline.tables),
    reconciliations: store,
    sweeps,
    now: () => pipeline.clock.now,
  };
  return await reconcilePart(deps, id, deadline, rows);
}

const CLEAN = { status: 'done', differenceCount: 0, differences: [], unsettled: 0, unreadable: 0 };

test('usage with reverts, recounts, unmapped and late events, merges and odd ids is right', async () => {
  expect(await reconcile()).toMatchObject({ ...CLEAN, parts: 1 });
});

test('more rows than fit are worked through in parts, and a message that comes twice repeats nothing', async () => {
  await corrupt(userRow('a'), 'SET s = :s', { ':s': N(7) });
  const { id } = await start();
  let deliveries = 0;
  while ((await workOn(id, { rows: 3 })) === 'continue') deliveries += 1;
  expect(await workOn(id, { rows: 3 })).toBe('handed over');
  const run = await read(id);
  expect(deliveries).toBeGreaterThan(2);
  expect(run).toMatchObject({ status: 'done', parts: deliveries + 1, differenceCount: 1 });
});

const userRow = (userId: string, day = DAY, featureId = 'exports'): Item => ({
  pk: S(usageUserPk(userId)),
  sk: S(usageUserSk(featureId, day)),
});

async function corrupt(key: Item, update: string, values: Item): Promise<void> {
  await pipeline.client.send(
    new UpdateItemCommand({
      TableName: pipeline.tables.usage,
      Key: { ...key },
      UpdateExpression: update,
      ExpressionAttributeValues: { ...values },
    }),
  );
}

const remove = (key: Item) =>
  pipeline.client.send(new DeleteItemCommand({ TableName: pipeline.tables.usage, Key: { ...key } }));

/** `<who> <feature> <day> <hour or total>`: stored → expected. */
const lines = (differences: readonly FoundDifference[]): readonly string[] =>
  differences
    .map(
      ({ userId = '*', featureId, day, hour = 'total', stored, expected }) =>
        `${userId} ${featureId} ${day} ${String(hour)}: ${stored.sum}/${String(stored.count)} → ${expected.sum}/${String(expected.count)}`,
    )
    .sort();

describe('corruption is found:', () => {
  const ROW_OF_A = [`a exports ${DAY} 10: 0/0 → 1/1`, `a exports ${DAY} total: 0/0 → 1/1`];
  test.each<[string, () => Promise<unknown>, readonly string[]]>([
    [
      'a sum that is too high',
      () => corrupt(userRow('a'), 'SET s = :s', { ':s': N('1.000001') }),
      [`a exports ${DAY} total: 1.000001/1 → 1/1`],
    ],
    [
      'a sum that is too low',
      () => corrupt(userRow('f'), 'SET s = :s', { ':s': N(5) }),
      [`f exports ${DAY} total: 5/1 → 6/1`],
    ],
    [
      'a count that is off',
      () => corrupt(userRow('c'), 'SET n = :n', { ':n': N(2) }),
      [`c exports ${DAY} total: 3/2 → 3/1`],
    ],
    [
      'an hour that is off under a total that is right',
      () => corrupt(userRow('c'), 'SET s10 = :s', { ':s': N(4) }),
      [`c exports ${DAY} 10: 4/1 → 3/1`],
    ],
    ['a row that is missing', () => remove(userRow('a')), ROW_OF_A],
    [
      'a row that no event made',
      () => corrupt(userRow('nobody'), 'SET s = :s, n = :n', { ':s': N(1), ':n': N(1) }),
      [`nobody exports ${DAY} total: 1/1 → 0/0`],
    ],
    [
      'a row on the wrong day',
      async () => {
        await remove(userRow('a'));
        await corrupt(userRow('a', '2026-11-21'), 'SET s = :v, n = :v, s10 = :v, n10 = :v', { ':v': N(1) });
      },
      [`a exports 2026-11-21 10: 1/1 → 0/0`, `a exports 2026-11-21 total: 1/1 → 0/0`, ...ROW_OF_A],
    ],
    [
      'a sum that has turned negative',
      () => corrupt(userRow('d'), 'SET s = :s', { ':s': N(-4) }),
      [`d exports ${DAY} total: -4/2 → 6/2`],
    ],
    [
      'a sum of everybody that is not that of its users',
      () => corrupt(featureRow(2), 'ADD s :s, n :n', { ':s': N(10), ':n': N(1) }),
      [`* exports ${DAY} total: 34.75/10 → 24.75/9`],
    ],
    [
      'a shard of everybody that is missing',
      async () => {
        for (let shard = 0; shard < FEATURE_SHARDS; shard += 1) await remove(featureRow(shard, 'seats'));
      },
      [`* seats ${DAY} 10: 0/0 → 1/1`, `* seats ${DAY} total: 0/0 → 1/1`],
    ],
    [
      'a stray hour',
      () => corrupt(userRow('e'), 'SET s23 = :s', { ':s': N(1) }),
      [`e exports ${DAY} 23: 1/0 → 0/0`],
    ],
    [
      'a number that no usage adds up to',
      () => corrupt(userRow('e'), 'SET s = :s', { ':s': N('0.00000001') }),
      [`e exports ${DAY} total: unreadable/1 → 5/1`],
    ],
  ])('%s', async (_, plant, expected) => {
    await plant();
    const run = await reconcile();
    expect(lines(run.differences)).toEqual(expected);
    expect(run).toMatchObject({ status: 'done', differenceCount: expected.length, unsettled: 0 });
  });

  const featureRow = (shard: number, featureId = 'exports'): Item => ({
    pk: S(usageFeaturePk(featureId, shard)),
    sk: S(DAY),
  });
});

describe('beside live traffic', () => {
  /** Lets something happen between the reading of the rows and that of the events, in the first so many rounds. */
  class BusyAudit extends UsageAudit {
    private rounds: number;
    private readonly happens: () => Promise<void>;
    constructor(rounds: number, happens: () => Promise<void>) {
      super(pipeline.client, pipeline.tables);
      this.rounds = rounds;
      this.happens = happens;
    }
    override async expected(...given: Parameters<UsageAudit['expected']>) {
      if (this.rounds > 0) await this.happens();
      this.rounds -= 1;
      return await super.expected(...given);
    }
  }
  let sent = 0;
  const countOne = () => send(used(`live-${String((sent += 1))}`, 'a', 1));

  test('what is counted while it reads is no difference, and what is wrong beside it is one', async () => {
    await corrupt(userRow('f'), 'SET s = :s', { ':s': N(5) });
    const { id } = await start();
    await workOn(id, { audit: new BusyAudit(1, countOne) });
    const run = await read(id);
    expect(lines(run.differences)).toEqual([`f exports ${DAY} total: 5/1 → 6/1`]);
    expect(run).toMatchObject({ status: 'done', unsettled: 0 });
  });

  test('nothing is said about what never rests, but how much it is', async () => {
    const { id } = await start();
    await workOn(id, { audit: new BusyAudit(Infinity, countOne) });
    // Total and hour, of the user and of everybody.
    expect(await read(id)).toMatchObject({ ...CLEAN, unsettled: 4 });
  });

  test('there is no false report, whatever comes between', async () => {
    let going = true;
    const traffic = (async () => {
      for (let burst = 0; burst < 12; burst += 1) {
        await send(...['a', 'b', 'new'].map((user) => used(`t-${user}-${String(burst)}`, user, burst)));
      }
      going = false;
    })();
    let runs = 0;
    while (going) {
      const { id } = await start();
      await workOn(id);
      expect(await read(id)).toMatchObject({ status: 'done', differenceCount: 0 });
      runs += 1;
    }
    await traffic;
    expect(runs).toBeGreaterThan(0);
    expect(await reconcile()).toMatchObject(CLEAN);
  });
});

describe('of a reconciliation that ended with differences, and of no other, there is the line that the alarm is made of', () => {
  let logged: unknown[];
  beforeEach(() => {
    logged = [];
    jest.spyOn(console, 'error').mockImplementation((line: unknown) => {
      // As Lambda writes what a function logs, with the format that infra/ asks for.
      const written = JSON.stringify({ timestamp: '…', level: 'ERROR', requestId: '…', message: line });
      if (written.includes(DIFFERENCE_FOUND)) logged.push(JSON.parse(String(line)));
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const lineOf = (reconciliationId: string, differenceCount: number) => ({
    level: 'error',
    message: DIFFERENCE_FOUND,
    reconciliationId,
    differenceCount,
  });

  test('nothing differs: no line', async () => {
    expect(await reconcile()).toMatchObject(CLEAN);
    expect(logged).toEqual([]);
  });

  test('something differs: one line at the end, with how much in all parts and nobody’s name', async () => {
    await corrupt(userRow('a'), 'SET s = :s', { ':s': N(7) });
    await corrupt(userRow('f'), 'SET s = :s', { ':s': N(7) });
    const { id } = await start();
    while ((await workOn(id, { rows: 3 })) === 'continue') expect(logged).toEqual([]);
    expect(logged).toEqual([lineOf(id, 2)]);
  });

  test('its worker dies between the end and the line: the message comes back, and then there is one', async () => {
    await corrupt(userRow('a'), 'SET s = :s', { ':s': N(7) });
    const { id } = await start();
    jest.spyOn(console, 'error').mockImplementationOnce(() => {
      throw new Error('It died.');
    });
    await expect(workOn(id)).rejects.toThrow('It died.');
    expect(await read(id)).toMatchObject({ status: 'done', differenceCount: 1 });
    await workOn(id);
    expect(logged).toEqual([lineOf(id, 1)]);
  });

  test('it fails later: what was found before is said', async () => {
    for (const user of ['a', 'b', 'c', 'd', 'e', 'f'])
      await corrupt(userRow(user), 'SET s = :s', { ':s': N(7) });
    const { id } = await start();
    for (let found = 0; found === 0; found = (await read(id)).differenceCount) await workOn(id, { rows: 3 });
    const { differenceCount } = await read(id);
    await workOn(id, { rows: 3, deadline: 0 });
    expect(await read(id)).toMatchObject({ status: 'failed' });
    expect(logged).toEqual([lineOf(id, differenceCount)]);
  });
});

const eventItem = (messageId: string) => ({ pk: S(eventPk(eventKeyOf(messageId))), sk: S(EVENT_SK) });

test('an erased event counts for its feature and for no user', async () => {
  const { client, tables } = pipeline;
  await client.send(
    new UpdateItemCommand({
      TableName: tables.events,
      Key: eventItem('m-f'),
      UpdateExpression: 'SET st = :erased REMOVE u, id, b',
      ExpressionAttributeValues: { ':erased': S('erased') },
    }),
  );
  expect(lines((await reconcile()).differences)).toEqual([
    `f exports ${DAY} 10: 6/1 → 0/0`,
    `f exports ${DAY} total: 6/1 → 0/0`,
  ]);
  await remove(userRow('f'));
  expect(await reconcile()).toMatchObject(CLEAN);
});

test('an outcome that is damaged is counted, and what it had counted for shows', async () => {
  await pipeline.client.send(
    new UpdateItemCommand({
      TableName: pipeline.tables.events,
      Key: eventItem('m-rule'),
      UpdateExpression: 'SET o = :o',
      ExpressionAttributeValues: { ':o': S('{"generation":') },
    }),
  );
  // Total and hour, of the user and of everybody.
  expect(await reconcile()).toMatchObject({ status: 'done', unreadable: 1, differenceCount: 4 });
});

test('an item that no reader asks for is left alone', async () => {
  for (const [pk, sk] of [
    ['f#=exports#9', DAY],
    ['u#=a', '=exports#someday'],
    ['other', DAY],
  ] as const) {
    const item = { pk: S(pk), sk: S(sk), s: N(1), n: N(1) };
    await pipeline.client.send(new PutItemCommand({ TableName: pipeline.tables.usage, Item: item }));
  }
  expect(await reconcile()).toMatchObject(CLEAN);
});

describe('a reconciliation that cannot end', () => {
  test('for want of time fails with a sentence', async () => {
    const { id } = await start();
    await workOn(id, { deadline: 0 });
    expect(await read(id)).toMatchObject({ status: 'failed', error: expect.stringMatching(/took longer/) });
  });

  test('for want of memory fails with a sentence', async () => {
    const { id } = await start();
    // Rows of events without counters have not been counted when the parts were made.
    for (const user of ['a', 'b', 'c', 'd', 'e', 'f']) await remove(userRow(user));
    await workOn(id, { audit: new Understated(pipeline.client, pipeline.tables), rows: 3 });
    expect(await read(id)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/missing on a large/),
    });
  });

  class Understated extends UsageAudit {
    override async size(): Promise<number> {
      return await Promise.resolve(0);
    }
    override async stored() {
      return await super.stored(
        () => false,
        () => undefined,
      );
    }
  }

  test('because its worker dies every time fails after five attempts', async () => {
    const { id } = await start();
    class Dying extends UsageAudit {
      override size(): Promise<number> {
        return Promise.reject(new Error('It died.'));
      }
    }
    const audit = new Dying(pipeline.client, pipeline.tables);
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(workOn(id, { audit })).rejects.toThrow('It died.');
    await workOn(id, { audit });
    expect(await read(id)).toMatchObject({ status: 'failed', error: expect.stringMatching(/however often/) });
  });

  test('because its message is lost is set going again by the timer', async () => {
    const { id } = await start();
    await pipeline.tick();
    expect(await pipeline.drainSweeps()).toBe(0);
    pipeline.clock.now += 7 * 60_000;
    await pipeline.tick();
    await pipeline.drainSweeps();
    expect(await read(id)).toMatchObject(CLEAN);
  });
});
