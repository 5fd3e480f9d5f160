import { PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { B, N, S, type Item } from '../../adapters/attributes.ts';
import { IdempotencyStore, type Taken } from '../../adapters/idempotency-store.ts';
import { secretHashOf } from '../../adapters/keys.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';
import { interruptedDynamo, type Interruption } from '../support/interrupted-dynamo.ts';

const REQUEST = { callerId: 'ada', key: 'a', fingerprint: 'f' };
const NOW = Date.parse('2026-11-23T12:00:00Z');
const DAY = 24 * 3_600_000;

let dynamo: TestDynamo;
let table: string;
let store: IdempotencyStore;
const clients: DynamoDBClient[] = [];

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await dynamo.stop();
});
beforeEach(async () => {
  table = (await dynamo.tables()).operations;
  store = new IdempotencyStore(dynamo.client, table);
});

type Ours = Extract<Taken, { kind: 'taken' }>;

async function take(now = NOW, by = store): Promise<Ours> {
  const taken = await by.take(REQUEST, now);
  if (taken.kind !== 'taken') throw new Error(`The key is not free: ${taken.kind}.`);
  return taken;
}

const kindAt = async (now: number): Promise<string> => (await store.take(REQUEST, now)).kind;

/** A store of which the requests with these commands are interrupted, each once. */
function unlucky(interruptions: Record<string, Interruption[]>): IdempotencyStore {
  const client = interruptedDynamo(dynamo.endpoint, (command) => interruptions[command]?.shift());
  clients.push(client);
  return new IdempotencyStore(client, table);
}

test('whoever takes a released key over attempts the same change, from the moment of the first attempt', async () => {
  const first = await take();
  expect(first.change).toMatchObject({ at: NOW, isRepeated: false });
  await store.release(REQUEST, first.attempt);
  const second = await take(NOW + 5_000);
  await store.release(REQUEST, second.attempt);
  const third = await take(NOW + DAY - 1_000);
  for (const { change } of [second, third])
    expect(change).toEqual({ id: first.change.id, at: NOW, isRepeated: true });
});

test('of many that take a released key over at once, one runs', async () => {
  for (let round = 0; round < 3; round += 1) {
    const { attempt } = await take();
    await store.release(REQUEST, attempt);
    const kinds = await Promise.all(Array.from({ length: 8 }, () => kindAt(NOW)));
    expect(kinds.filter((kind) => kind === 'taken')).toHaveLength(1);
    expect(new Set(kinds)).toEqual(new Set(['taken', 'running']));
    table = (await dynamo.tables()).operations;
    store = new IdempotencyStore(dynamo.client, table);
  }
});

test('the release and the answer of an attempt arrive in vain after another has taken over', async () => {
  const first = await take();
  await store.release(REQUEST, first.attempt);
  const second = await take();
  await store.release(REQUEST, first.attempt);
  expect(await kindAt(NOW)).toBe('running');
  await store.keep(REQUEST, first.attempt, { status: 201, contentType: '', text: 'first' });
  expect(await kindAt(NOW)).toBe('running');
  await store.keep(REQUEST, second.attempt, { status: 200, contentType: '', text: 'second' });
  expect(await store.take(REQUEST, NOW)).toMatchObject({ answer: { status: 200, text: 'second' } });
});

test('who takes over has a minute of its own', async () => {
  const first = await take();
  await store.release(REQUEST, first.attempt);
  await take(NOW + 50_000);
  expect(await kindAt(NOW + 109_000)).toBe('running');
  expect(await kindAt(NOW + 110_000)).toBe('broken_off');
});

test('a released key is still of the request that took it', async () => {
  const { attempt } = await take();
  await store.release(REQUEST, attempt);
  expect(await store.take({ ...REQUEST, fingerprint: 'g' }, NOW)).toEqual({ kind: 'other_request' });
  await take();
});

test('a day after the first attempt, however many followed, the key is of another change', async () => {
  const first = await take();
  await store.release(REQUEST, first.attempt);
  const second = await take(NOW + DAY - 1_000);
  await store.release(REQUEST, second.attempt);
  const { change } = await take(NOW + DAY);
  expect(change).toMatchObject({ at: NOW + DAY, isRepeated: false });
  expect(change.id).not.toBe(first.change.id);
});

test('what was taken, and not known to be, is free for an attempt at the same change', async () => {
  const interruptions: Record<string, Interruption[]> = { PutItemCommand: ['lose reply'] };
  const broken = unlucky(interruptions);
  await expect(take(NOW, broken)).rejects.toThrow();
  const second = await take(NOW + 1);
  expect(second.change).toMatchObject({ at: NOW, isRepeated: true });
  await store.release(REQUEST, second.attempt);
  interruptions['UpdateItemCommand'] = ['lose reply'];
  await expect(take(NOW + 2, broken)).rejects.toThrow();
  expect((await take(NOW + 3)).change).toEqual(second.change);
});

test('a key that could not be given back is never run: it waits, and is then of unknown outcome', async () => {
  const first = await take();
  await store.release(REQUEST, first.attempt);
  const broken = unlucky({ UpdateItemCommand: ['lose reply', 'fail'] });
  await expect(take(NOW, broken)).rejects.toThrow();
  expect(await kindAt(NOW + 1)).toBe('running');
  expect(await kindAt(NOW + 60_000)).toBe('broken_off');
});

test('keys that were taken before attempts were counted hold what they held', async () => {
  const put = (more: Item) =>
    dynamo.client.send(
      new PutItemCommand({
        TableName: table,
        Item: {
          pk: S(`idem#${secretHashOf('ada a')}`),
          sk: S('i'),
          fp: S('f'),
          by: S('an-attempt'),
          at: N(NOW),
          ttl: N((NOW + DAY) / 1000),
          ...more,
        },
      }),
    );
  await put({});
  expect([await kindAt(NOW), await kindAt(NOW + 60_000)]).toEqual(['running', 'broken_off']);
  await put({ sc: N(204), ct: S(''), b: B(new Uint8Array([3, 0])) });
  expect(await store.take(REQUEST, NOW)).toMatchObject({
    kind: 'answered',
    answer: { status: 204, text: '' },
  });
  expect((await take(NOW + DAY)).change.isRepeated).toBe(false);
});
