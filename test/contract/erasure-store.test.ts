import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ErasureStore, type ErasureTarget } from '../../adapters/erasure-store.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let table: string;
let erasures: ErasureStore;
let id: string;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = (await dynamo.tables()).operations;
  erasures = new ErasureStore(dynamo.client, table);
  id = await erasures.request(REQUEST);
});

const REQUEST = { userId: 'ada', boundary: 10, requestedAt: 20 };
const KEY = '=ada';

async function open(): Promise<{ id: string; dueAt: number }[]> {
  const lines = [];
  for await (const line of erasures.open()) lines.push(line);
  return lines;
}

async function target(): Promise<ErasureTarget> {
  const [only] = await erasures.targets(id);
  if (only === undefined) throw new Error('The erasure has no target.');
  return only;
}

/** Nothing but the receipt, which names nobody. */
async function expectOnlyReceipt(): Promise<void> {
  const { Items: items } = await dynamo.client.send(new ScanCommand({ TableName: table }));
  expect(items).toHaveLength(1);
  expect(JSON.stringify(items)).not.toContain('ada');
}

describe('an erasure', () => {
  test('that is asked for again is the same one, and goes on where it is', async () => {
    await erasures.enter(id, 'links', 'first', 30);
    expect(await erasures.request({ ...REQUEST, requestedAt: 40 })).toBe(id);
    expect(await erasures.get(id)).toMatchObject({ phase: 'first', requestedAt: 20, dueAt: 30 });
  });

  test('goes from phase to phase once, whoever says so', async () => {
    expect(await erasures.enter(id, 'links', 'first', 30)).toBe(true);
    expect(await erasures.enter(id, 'links', 'first', 40)).toBe(false);
    expect(await erasures.get(id)).toMatchObject({ phase: 'first', dueAt: 30 });
  });

  test('that is done stays done, with a receipt that names nobody, whatever comes late', async () => {
    await erasures.addTargets(id, [{ userKey: KEY, userId: 'ada' }]);
    await erasures.finish(id, 50);
    await erasures.request(REQUEST);
    await erasures.lookAgainAt(id, 60);
    await erasures.advance(id, KEY, 'cursor', 'last');
    await erasures.postpone(id, KEY, 70);
    await erasures.finishTarget(id, KEY, 'last', 80);
    expect(await erasures.enter(id, 'links', 'first', 90)).toBe(false);
    expect(await open()).toEqual([]);
    expect(await erasures.get(id)).toMatchObject({ finishedAt: 50 });
    await expectOnlyReceipt();
  });

  test('that nobody asked for cannot be counted for, nor finished', async () => {
    await erasures.finish(id, 50);
    await erasures.count('era_of_nobody', { events: 1 });
    await erasures.finish('era_of_nobody', 60);
    await expectOnlyReceipt();
  });
});

describe('an id of an erasure', () => {
  beforeEach(() => erasures.addTargets(id, [{ userKey: KEY, userId: 'ada' }]));

  test('that is added again keeps its place', async () => {
    await erasures.advance(id, KEY, 'cursor', 'first');
    await erasures.addTargets(id, [{ userKey: KEY, userId: 'ada' }]);
    expect(await target()).toMatchObject({ cursor: 'cursor' });
  });

  test('begins the next pass at its beginning, however late a worker of this one is', async () => {
    await erasures.finishTarget(id, KEY, 'first', 30);
    await erasures.advance(id, KEY, 'cursor', 'first');
    expect(await target()).toEqual({ userKey: KEY, userId: 'ada', done: 'first' });
    await erasures.advance(id, KEY, 'cursor', 'last');
    expect(await target()).toMatchObject({ cursor: 'cursor' });
  });

  test('is not over before the latest time to which it was put off', async () => {
    await erasures.postpone(id, KEY, 70);
    await erasures.postpone(id, KEY, 60);
    await erasures.finishTarget(id, KEY, 'last', 65);
    expect(await target()).toEqual({ userKey: KEY, userId: 'ada', dueAt: 70 });
    await erasures.finishTarget(id, KEY, 'last', 70);
    expect(await target()).toMatchObject({ done: 'last' });
  });
});
