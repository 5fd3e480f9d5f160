import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ADMIN_KEY, createAdmin, fieldOf, type Admin, type AdminAnswer } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  tables = await dynamo.tables();
  admin = createAdmin(dynamo.client, tables);
});

const signIn = (key: string, call: object = {}): Promise<AdminAnswer> =>
  admin.call('POST', '/api/session', { key: null, body: { key }, ...call });
const session = (headers: Readonly<Record<string, string>>): Promise<AdminAnswer> =>
  admin.call('GET', '/api/session', { key: null, headers });
const HOUR_MS = 3_600_000;

describe('signing in', () => {
  test('sets a cookie that no script can read and no other site can send, and shows no key', async () => {
    const answer = await signIn(ADMIN_KEY);
    expect(answer).toMatchObject({
      status: 200,
      body: { caller: { id: 'admin-key', scope: 'admin' }, expiresAt: '2026-11-23T14:00:00.000Z' },
    });
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-tallyhook-session=[\w-]{43}; /);
    for (const part of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/', 'Max-Age=43200'])
      expect(cookie).toContain(part);
    expect(cookie).not.toContain('Domain');
    expect(answer.text).not.toContain(ADMIN_KEY);
  });

  test('over plain HTTP, as on this machine, sets a cookie that a browser keeps there', async () => {
    const headers = { 'x-forwarded-proto': 'http' };
    const cookie = (await signIn(ADMIN_KEY, { headers })).headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^tallyhook-session=[\w-]{43}; .*HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain('Secure');
    const [pair = ''] = cookie.split(';');
    expect((await session({ ...headers, cookie: pair })).status).toBe(200);
    // A cookie that a plain connection could have planted is not looked at over HTTPS.
    expect((await session({ cookie: pair })).status).toBe(401);
  });

  test('always makes a new session, and ends the one before', async () => {
    const first = await admin.signIn();
    const planted = `__Host-tallyhook-session=${'A'.repeat(43)}`;
    expect(
      (await signIn(ADMIN_KEY, { headers: { cookie: planted } })).headers.get('set-cookie'),
    ).not.toContain('A'.repeat(43));
    expect((await session({ cookie: planted })).status).toBe(401);
    await signIn(ADMIN_KEY, { headers: { cookie: first.cookie } });
    expect((await session(first)).status).toBe(401);
  });

  test('is possible with a read key, which then may only read', async () => {
    const { id } = await admin.keys.ensure('read-key', { scope: 'read', name: 'r' }, 0);
    const headers = await admin.signIn('read-key');
    expect((await session(headers)).body).toMatchObject({ caller: { id, scope: 'read' } });
    expect((await admin.call('GET', '/api/features', { key: null, headers })).status).toBe(200);
    const change = { key: null, headers, body: { id: 'x' } };
    expect(await admin.call('POST', '/api/features', change)).toMatchObject({
      status: 403,
      body: { code: 'wrong_scope' },
    });
  });
});

describe('a session', () => {
  test('does what its key may do, with the token in a header for every change', async () => {
    const { cookie, 'x-csrf-token': token } = await admin.signIn();
    const change = (headers: Readonly<Record<string, string>>, id: string) =>
      admin.call('POST', '/api/features', { key: null, headers, body: { id } });
    expect((await change({ cookie, 'x-csrf-token': token }, 'a')).status).toBe(201);
    const other = await admin.signIn();
    for (const wrong of [{}, { 'x-csrf-token': '' }, { 'x-csrf-token': other['x-csrf-token'] }]) {
      expect(await change({ cookie, ...wrong }, 'b')).toMatchObject({
        status: 403,
        body: { code: 'invalid_csrf_token' },
      });
    }
    expect((await admin.call('GET', '/api/features/b')).status).toBe(404);
    expect((await admin.call('GET', '/api/features', { key: null, headers: { cookie } })).status).toBe(200);
  });

  test('ends two hours after its last request, and twelve after it began', async () => {
    const headers = await admin.signIn();
    for (let hours = 1; hours < 12; hours += 1) {
      admin.clock.now += HOUR_MS;
      expect([hours, (await session(headers)).status]).toEqual([hours, 200]);
    }
    admin.clock.now += HOUR_MS;
    expect((await session(headers)).status).toBe(401);
    const idle = await admin.signIn();
    admin.clock.now += 2 * HOUR_MS;
    expect(await session(idle)).toMatchObject({ status: 401, body: { code: 'invalid_session' } });
  });

  test('ends at once everywhere when the person signs out, and the browser forgets it', async () => {
    const headers = await admin.signIn();
    const elsewhere = createAdmin(dynamo.client, tables);
    expect((await elsewhere.call('GET', '/api/features', { key: null, headers })).status).toBe(200);
    const ended = await admin.call('DELETE', '/api/session', { key: null, headers });
    expect(ended.status).toBe(204);
    expect(ended.headers.get('set-cookie')).toMatch(/^__Host-tallyhook-session=; Max-Age=0; Path=\/; Secure/);
    expect((await elsewhere.call('GET', '/api/features', { key: null, headers })).status).toBe(401);
  });

  test('ends within a minute after its key was revoked, and after the admin key was rotated', async () => {
    const created = await admin.call('POST', '/api/keys', { body: { name: 'Ada', scope: 'admin' } });
    const ofKey = await admin.signIn(fieldOf(created, 'secret'));
    const ofAdmin = await admin.signIn();
    expect((await session(ofKey)).status).toBe(200);
    await admin.call('DELETE', `/api/keys/${fieldOf(created, 'id')}`);
    admin.clock.now += 60_000;
    expect((await session(ofKey)).status).toBe(401);
    expect((await session(ofAdmin)).status).toBe(200);
    admin.secret.key = 'the-next-admin-key';
    admin.clock.now += 60_000;
    expect((await session(ofAdmin)).status).toBe(401);
  });

  test('is kept without its token and without its key', async () => {
    const headers = await admin.signIn();
    const { Items: items = [] } = await dynamo.client.send(new ScanCommand({ TableName: tables.operations }));
    const stored = JSON.stringify(items);
    expect(stored).toContain('session#');
    expect(stored).not.toContain(headers.cookie.split('=')[1]);
    expect(stored).not.toContain(headers['x-csrf-token']);
    expect(stored).not.toContain(ADMIN_KEY);
    const session = items.find(({ pk }) => pk?.S?.startsWith('session#') === true);
    expect(Number(session?.['ttl']?.N)).toBe((admin.clock.now + 12 * HOUR_MS) / 1000);
  });
});

describe('wrong keys', () => {
  test('lock out their source for the quarter of an hour, and nobody else', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) expect((await signIn('wrong')).status).toBe(401);
    const locked = await signIn(ADMIN_KEY);
    expect(locked).toMatchObject({ status: 429, body: { code: 'too_many_attempts' } });
    expect(locked.headers.get('retry-after')).toBe('900');
    expect((await signIn(ADMIN_KEY, { source: '192.0.2.2' })).status).toBe(200);
    expect((await admin.call('GET', '/api/features')).status).toBe(200);
    admin.clock.now += 900_000;
    expect((await signIn(ADMIN_KEY)).status).toBe(200);
  });

  test('at the same moment are no more than the limit', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => signIn('wrong')));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
  });

  test('are not washed off by a right one in between', async () => {
    await admin.keys.ensure('read-key', { scope: 'read', name: 'r' }, 0);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect((await signIn('wrong')).status).toBe(401);
      if (attempt < 9) expect((await signIn('read-key')).status).toBe(200);
    }
    expect((await signIn('read-key')).status).toBe(429);
  });

  test('from many addresses are stopped too, also from one network of IPv6', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1)
      await signIn('wrong', { source: `2001:db8:0:1::${attempt.toString(16)}` });
    expect((await signIn(ADMIN_KEY, { source: '2001:db8:0:1:aaaa::1' })).status).toBe(429);
    expect((await signIn(ADMIN_KEY, { source: '2001:db8:0:2::1' })).status).toBe(200);
    for (let attempt = 0; attempt < 190; attempt += 1)
      await signIn('wrong', { source: `192.0.2.${String(attempt)}` });
    expect((await signIn(ADMIN_KEY, { source: '198.51.100.1' })).status).toBe(429);
  });

  test('do not include a right one that a store could not check', async () => {
    admin.secret.fails = true;
    for (let attempt = 0; attempt < 12; attempt += 1) expect((await signIn(ADMIN_KEY)).status).toBe(503);
    admin.secret.fails = false;
    expect((await signIn(ADMIN_KEY)).status).toBe(200);
  });
});
