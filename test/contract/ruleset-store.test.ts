import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { rulesetWrites, RulesetStore } from '../../adapters/ruleset-store.ts';
import { EMPTY_SNAPSHOT, type RulesetSnapshot } from '../../core/ruleset.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let table: string;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(async () => {
  await dynamo.stop();
});
beforeEach(async () => {
  table = (await dynamo.tables()).config;
});

const save = (next: RulesetSnapshot, cause = 'x') =>
  dynamo.client.send(new TransactWriteItemsCommand({ TransactItems: rulesetWrites(table, next, cause) }));

const snapshot = (generation: number, rules = 1): RulesetSnapshot => ({
  ...EMPTY_SNAPSHOT,
  generation,
  features: [{ id: 'f', archived: false, generation: 1 }],
  rules: Array.from({ length: rules }, (_, index) => ({
    id: `r${String(index)}`,
    version: generation,
    featureId: 'f',
    event: { operator: 'equals', value: `E ${randomBytes(60).toString('hex')}` },
    conditions: [{ path: 'properties.a', operator: 'equals', value: 'b' }],
    createdAt: index,
    generation,
  })),
});

test('nothing saved is the empty ruleset', async () => {
  const store = new RulesetStore(dynamo.client, table);
  expect(await store.head()).toEqual({ generation: 0, cause: '' });
  expect(await store.current()).toMatchObject({ generation: 0, rules: [], features: [] });
});

test('a reader follows every change, and compiles only when there was one', async () => {
  const store = new RulesetStore(dynamo.client, table);
  for (const generation of [1, 2, 3, 4, 5]) {
    const saved = snapshot(generation);
    await save(saved, `change ${String(generation)}`);
    const current = await store.current();
    expect(current).toMatchObject(saved);
    expect(await store.current()).toBe(current);
    expect(await store.head()).toEqual({ generation, cause: `change ${String(generation)}` });
  }
});

test('10,000 rules are more than one item and come back whole', async () => {
  const saved = snapshot(1, 10_000);
  await save(saved);
  const { rules } = await new RulesetStore(dynamo.client, table).current();
  expect(rules).toEqual(saved.rules);
});

test('of two changes made from the same generation one is refused, and nothing of it is kept', async () => {
  await save(snapshot(1));
  const results = await Promise.allSettled([save(snapshot(2), 'one'), save(snapshot(2), 'other')]);
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason).toBeInstanceOf(TransactionCanceledException);
  expect(await new RulesetStore(dynamo.client, table).head()).toMatchObject({ generation: 2 });
});

test('of two first changes one is refused', async () => {
  const results = await Promise.allSettled([save(snapshot(1), 'one'), save(snapshot(1), 'other')]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a reader whose generation was removed while it was reading reads the next one', async () => {
  await save(snapshot(1));
  const store = new RulesetStore(dynamo.client, table);
  const head = store.head.bind(store);
  let overtaken = false;
  store.head = async () => {
    const read = await head();
    if (!overtaken) {
      overtaken = true;
      for (const generation of [2, 3, 4]) await save(snapshot(generation));
    }
    return read;
  };
  expect((await store.current()).generation).toBe(4);
});
