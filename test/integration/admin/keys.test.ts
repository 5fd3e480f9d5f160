import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ADMIN_KEY, column, createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';
import { until } from '../../support/until.ts';

let dynamo: TestDynamo;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  admin = createAdmin(dynamo.client, await dynamo.tables());
});

test('a new key is shown once, works at once, and is never shown again', async () => {
  const created = await admin.call('POST', '/api/keys', { body: { name: 'Backend', scope: 'read' } });
  const [id, secret] = [fieldOf(created, 'id'), fieldOf(created, 'secret')];
  expect(secret).toMatch(/^th_read_[\w-]{32}$/);
  const { text, body } = await admin.call('GET', '/api/keys');
  expect(body).toEqual({
    keys: [
      {
        id,
        name: 'Backend',
        scope: 'read',
        prefix: secret.slice(0, 18),
        createdAt: '2026-11-23T12:00:00.000Z',
      },
    ],
  });
  expect(text).not.toContain(secret);
  expect((await admin.call('GET', '/api/features', { key: secret })).status).toBe(200);
});

test('the list says when a key was last used, to the hour, and nothing of one that was refused', async () => {
  const created = await admin.call('POST', '/api/keys', { body: { name: 'Backend', scope: 'read' } });
  const secret = fieldOf(created, 'secret');
  const lastUses = async (): Promise<string[]> =>
    column(await admin.call('GET', '/api/keys'), 'keys', 'lastUsedAt');
  const use = () => admin.call('GET', '/api/features', { key: secret });
  expect(await lastUses()).toEqual(['']);
  await use();
  await until('the use is noted', async () => (await lastUses())[0] === '2026-11-23T12:00:00.000Z', 5_000);
  admin.clock.now += 3_600_000;
  await use();
  await until('the use is noted', async () => (await lastUses())[0] === '2026-11-23T13:00:00.000Z', 5_000);
  await admin.call('DELETE', `/api/keys/${fieldOf(created, 'id')}`);
  admin.clock.now += 3_600_000;
  expect((await use()).status).toBe(401);
  expect(await lastUses()).toEqual(['2026-11-23T13:00:00.000Z']);
});

test('a revoked key stops working within a minute, and stays listed as revoked', async () => {
  const created = await admin.call('POST', '/api/keys', { body: { name: 'Backend', scope: 'admin' } });
  const [id, secret] = [fieldOf(created, 'id'), fieldOf(created, 'secret')];
  expect((await admin.call('GET', '/api/keys', { key: secret })).status).toBe(200);
  expect((await admin.call('DELETE', `/api/keys/${id}`)).status).toBe(204);
  admin.clock.now += 60_000;
  expect((await admin.call('GET', '/api/keys', { key: secret })).status).toBe(401);
  expect((await admin.call('GET', '/api/keys')).body).toMatchObject({
    keys: [{ id, revokedAt: '2026-11-23T12:00:00.000Z' }],
  });
});

test('revoking twice is harmless and keeps the first time', async () => {
  const id = fieldOf(await admin.call('POST', '/api/keys', { body: { name: 'x', scope: 'ingest' } }), 'id');
  await admin.call('DELETE', `/api/keys/${id}`);
  admin.clock.now += 5_000;
  expect((await admin.call('DELETE', `/api/keys/${id}`)).status).toBe(204);
  expect((await admin.call('GET', '/api/keys')).body).toMatchObject({
    keys: [{ revokedAt: '2026-11-23T12:00:00.000Z' }],
  });
});

test('signature secrets of an ingest key are set, counted, replaced and taken away, and never shown', async () => {
  const created = await admin.call('POST', '/api/keys', { body: { name: 'Segment', scope: 'ingest' } });
  const [id, key] = [fieldOf(created, 'id'), fieldOf(created, 'secret')];
  const change = (signatureSecrets: unknown) =>
    admin.call('PATCH', `/api/keys/${id}`, { body: { signatureSecrets } });
  const changed = await change(['first-secret', 'second-secret']);
  expect(changed).toMatchObject({ status: 200, body: { id, scope: 'ingest', signatureSecretCount: 2 } });
  const listed = await admin.call('GET', '/api/keys');
  expect(listed.body).toMatchObject({ keys: [{ id, signatureSecretCount: 2 }] });
  expect(changed.text + listed.text).not.toContain('-secret');
  expect((await admin.keys.find(key))?.signatureSecrets).toEqual(['first-secret', 'second-secret']);
  for (const wrong of [['a', 'b', 'c'], [''], [5], 'a', undefined]) {
    expect((await change(wrong)).status).toBe(400);
  }
  expect((await change([])).body).not.toHaveProperty('signatureSecretCount');
  expect((await admin.keys.find(key))?.signatureSecrets).toEqual([]);
});

test('a rotated admin key replaces the old one within a minute', async () => {
  expect((await admin.call('GET', '/api/keys')).status).toBe(200);
  admin.secret.key = 'the-next-admin-key';
  admin.clock.now += 60_000;
  expect((await admin.call('GET', '/api/keys', { key: 'the-next-admin-key' })).status).toBe(200);
  expect((await admin.call('GET', '/api/keys', { key: ADMIN_KEY })).status).toBe(401);
});

test.each([
  'Bearer',
  'Bearer ',
  `Basic ${btoa(`${ADMIN_KEY}:`)}`,
  ADMIN_KEY,
  `Bearer ${'x'.repeat(5_000)}`,
  'Bearer a b',
])('a header such as %j is not a key', async (authorization) => {
  const answer = await admin.call('GET', '/api/keys', { key: null, headers: { authorization } });
  expect(answer).toMatchObject({
    status: 401,
    body: { code: expect.stringMatching(/^(?:missing|invalid)_key$/) },
  });
});

test('the scheme of the header is read in any case', async () => {
  const headers = { authorization: `bearer ${ADMIN_KEY}` };
  expect((await admin.call('GET', '/api/keys', { key: null, headers })).status).toBe(200);
});
