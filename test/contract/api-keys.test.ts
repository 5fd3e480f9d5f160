import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import { ApiKeyStore, newApiKeySecret } from '../../adapters/api-keys.ts';
import { newChange } from '../../adapters/asked-change.ts';
import { readS, S } from '../../adapters/attributes.ts';
import { KeyUse } from '../../adapters/key-use.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;

let dynamo: TestDynamo;
let store: ApiKeyStore;
let table: string;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(async () => {
  await dynamo.stop();
});
beforeEach(async () => {
  table = (await dynamo.tables()).operations;
  store = new ApiKeyStore(dynamo.client, table);
});

test('a key is found by its secret, and by nothing else', async () => {
  const secret = newApiKeySecret('ingest');
  const made = await store.ensure(secret, { scope: 'ingest', name: 'Segment' }, 1_000);
  expect(await store.find(secret)).toMatchObject(made);
  expect(made).toMatchObject({ scope: 'ingest', name: 'Segment', createdAt: 1_000 });
  for (const other of [secret.slice(0, -1), `${secret}x`, made.id, made.prefix, '']) {
    expect(await store.find(other)).toBeUndefined();
  }
});

test('nothing that is listed or stored contains the secret', async () => {
  const secret = newApiKeySecret('admin');
  await store.ensure(secret, { scope: 'admin', name: 'x' }, 1);
  const stored = await dynamo.client.send(new ScanCommand({ TableName: table }));
  expect(stored.Items).toHaveLength(2);
  for (const seen of [await store.list(), stored.Items])
    expect(JSON.stringify(seen)).not.toContain(secret.slice(20));
});

test('ensuring a key twice keeps the first, also at the same moment', async () => {
  const secret = newApiKeySecret('read');
  const made = await Promise.all(
    [1, 2, 3].map((now) => store.ensure(secret, { scope: 'read', name: 'x' }, now)),
  );
  expect(new Set(made.map(({ createdAt }) => createdAt)).size).toBe(1);
  expect(await store.list()).toHaveLength(1);
});

test('a change makes one key, whatever the secrets of its attempts, also at the same moment', async () => {
  const asked = newChange(1_000);
  const secrets = Array.from({ length: 4 }, () => newApiKeySecret('read'));
  const attempts = secrets.map((secret) => store.create(secret, { scope: 'read', name: 'x' }, asked, 2_000));
  const made = (await Promise.all(attempts)).filter((key) => key !== undefined);
  expect(made).toMatchObject([{ scope: 'read', name: 'x', createdAt: 2_000 }]);
  expect(await store.list()).toEqual(made);
  const found = await Promise.all(secrets.map((secret) => store.find(secret)));
  expect(found.filter((key) => key !== undefined)).toMatchObject(made);
  const other = newApiKeySecret('read');
  expect(await store.create(other, { scope: 'read', name: 'x' }, newChange(1_000), 2_000)).toBeDefined();
  expect(await store.list()).toHaveLength(2);
});

test('a revoked key is remembered as such, with the time of its first revocation', async () => {
  const secret = newApiKeySecret('ingest');
  const { id } = await store.ensure(secret, { scope: 'ingest', name: 'x' }, 1);
  expect(await store.revoke(id, 5)).toBe(true);
  expect(await store.revoke(id, 9)).toBe(true);
  expect(await store.find(secret)).toMatchObject({ revokedAt: 5 });
  expect(await store.list()).toMatchObject([{ id, revokedAt: 5 }]);
  expect(await store.revoke('key_unknown', 5)).toBe(false);
});

test('a key that somebody has removed by hand does not come back as a part of one', async () => {
  const secret = newApiKeySecret('ingest');
  const { id } = await store.ensure(secret, { scope: 'ingest', name: 'x' }, 1);
  const { Items: items = [] } = await dynamo.client.send(new ScanCommand({ TableName: table }));
  const [own] = items.filter(({ h }) => h === undefined);
  if (own === undefined) throw new Error('The key is not stored.');
  const [pk, sk] = [S(readS(own, 'pk')), S(readS(own, 'sk'))];
  await dynamo.client.send(new DeleteItemCommand({ TableName: table, Key: { pk, sk } }));
  expect(await store.revoke(id, 5)).toBe(true);
  expect(await store.find(secret)).toBeUndefined();
  expect(await store.list()).toMatchObject([{ id, revokedAt: 5 }]);
});

test('a container notices a revocation within a minute, and a new key within seconds', async () => {
  let now = 0;
  const cache = new ApiKeyCache(store, () => now);
  const secret = newApiKeySecret('ingest');
  expect(await cache.find(secret)).toBeUndefined();
  const { id } = await store.ensure(secret, { scope: 'ingest', name: 'x' }, 1);
  now += 2_000;
  expect(await cache.find(secret)).toMatchObject({ id });
  await store.revoke(id, 5);
  now += 60_000;
  expect(await cache.find(secret)).toMatchObject({ revokedAt: 5 });
});

test('a store that cannot be read throws, so that it never looks like a wrong key', async () => {
  const cache = new ApiKeyCache(new ApiKeyStore(dynamo.client, 'no-such-table'), () => 0);
  await expect(cache.find('x')).rejects.toThrow();
});

describe('the use of a key', () => {
  test('is noted once an hour, however many containers see it', async () => {
    const containers = Array.from({ length: 4 }, () => new KeyUse(dynamo.client, table));
    const note = async (now: number): Promise<void> => {
      for (const container of containers) container.note('key_1', now);
      // A write of another key, behind those above: each container has had its turn.
      for (const [index, container] of containers.entries())
        container.note(`after_${String(index)}_${String(now)}`, now);
      await until(
        'the use is noted',
        async () => {
          const latest = await use.latest();
          return containers.every((_, index) => latest.has(`after_${String(index)}_${String(now)}`));
        },
        5_000,
      );
    };
    const use = new KeyUse(dynamo.client, table);
    await note(HOUR);
    await until('the use is noted', async () => (await use.latest()).get('key_1') === HOUR, 5_000);
    await note(2 * HOUR - 1);
    expect((await use.latest()).get('key_1')).toBe(HOUR);
    await note(2 * HOUR);
    await until('the use is noted', async () => (await use.latest()).get('key_1') === 2 * HOUR, 5_000);
  });

  test('never goes back, whichever container is late', async () => {
    const [one, other] = [new KeyUse(dynamo.client, table), new KeyUse(dynamo.client, table)];
    one.note('key_1', 3 * HOUR);
    await until('the use is noted', async () => (await one.latest()).get('key_1') === 3 * HOUR, 5_000);
    other.note('key_1', HOUR);
    other.note('key_2', HOUR);
    await until('the other use is noted', async () => (await one.latest()).has('key_2'), 5_000);
    expect((await one.latest()).get('key_1')).toBe(3 * HOUR);
  });

  test('keeps no request waiting and fails none, when it cannot be written', async () => {
    const secret = newApiKeySecret('ingest');
    const { id } = await store.ensure(secret, { scope: 'ingest', name: 'x' }, 1);
    const cache = new ApiKeyCache(store, () => HOUR, new KeyUse(dynamo.client, 'no-such-table'));
    expect(await cache.find(secret)).toMatchObject({ id });
  });
});
