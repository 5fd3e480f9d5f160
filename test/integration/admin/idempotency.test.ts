import { ScanCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { column, createAdmin, fieldOf, type Admin, type AdminCall } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { interruptedDynamo, type Interruption } from '../../support/interrupted-dynamo.ts';

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;
const interrupted: DynamoDBClient[] = [];

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(async () => {
  for (const client of interrupted) client.destroy();
  await dynamo.stop();
});
beforeEach(async () => {
  tables = await dynamo.tables();
  admin = createAdmin(dynamo.client, tables);
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
});

const RULE = { featureId: 'messages', event: { operator: 'equals', value: 'Message Sent' } };
const once = (key: string, call: AdminCall = {}): AdminCall => ({
  ...call,
  headers: { ...call.headers, 'idempotency-key': key },
});
const createRule = (key: string, body: unknown = RULE, by = admin) =>
  by.call('POST', '/api/rules', once(key, { body }));
const ruleIds = async (): Promise<string[]> => column(await admin.call('GET', '/api/rules'), 'rules', 'id');

function interruptedAdmin(interrupt: (command: string) => Interruption | undefined): Admin {
  const client = interruptedDynamo(dynamo.endpoint, interrupt);
  interrupted.push(client);
  return createAdmin(client, tables);
}

test('a change that is repeated is made once, and gets the same answer, marked', async () => {
  const first = await createRule('a');
  const second = await createRule('a');
  expect([first.status, second.status, second.text]).toEqual([201, 201, first.text]);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  for (const name of ['content-type', 'cache-control'])
    expect(second.headers.get(name)).toBe(first.headers.get(name));
  expect(await ruleIds()).toEqual([fieldOf(first, 'id')]);
});

test('without the header, every request is a change of its own', async () => {
  await admin.call('POST', '/api/rules', { body: RULE });
  await admin.call('POST', '/api/rules', { body: RULE });
  expect(await ruleIds()).toHaveLength(2);
});

test('an answer without a body, and a refusal, are repeated too', async () => {
  const id = fieldOf(await createRule('a'), 'id');
  const remove = () => admin.call('DELETE', `/api/rules/${id}`, once('b'));
  expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);
  expect((await admin.call('DELETE', `/api/rules/${id}`)).status).toBe(404);
  const unknown = { ...RULE, featureId: 'images' };
  const refused = await createRule('c', unknown);
  await admin.call('POST', '/api/features', { body: { id: 'images' } });
  expect(await createRule('c', unknown)).toMatchObject({ status: refused.status, text: refused.text });
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(await ruleIds()).toEqual([]);
});

test('of many at once, one is made, and the others get its answer or are told to come back', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => createRule('a')));
  expect(await ruleIds()).toHaveLength(1);
  const made = answers.filter(({ status }) => status === 201);
  expect(new Set(made.map(({ text }) => text)).size).toBe(1);
  expect(made.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
  for (const { body, headers } of answers.filter(({ status }) => status !== 201)) {
    expect(body).toMatchObject({ code: 'in_progress' });
    expect(headers.get('retry-after')).toBe('1');
  }
});

test('the same key with another body, path, query or method is refused, and nothing is changed', async () => {
  const id = fieldOf(await createRule('a'), 'id');
  const others = [
    () => createRule('a', { ...RULE, name: 'Other' }),
    () => admin.call('POST', '/api/features', once('a', { body: RULE })),
    () => admin.call('POST', '/api/rules?x=1', once('a', { body: RULE })),
    () => admin.call('DELETE', `/api/rules/${id}`, once('a')),
  ];
  for (const other of others) {
    expect(await other()).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  }
  expect(await ruleIds()).toEqual([id]);
});

test('keys of two callers have nothing to do with each other', async () => {
  await admin.keys.ensure('other-admin-key', { scope: 'admin', name: 'a' }, 0);
  await createRule('a');
  const other = await admin.call('POST', '/api/rules', once('a', { key: 'other-admin-key', body: RULE }));
  expect([other.status, other.headers.get('idempotent-replayed')]).toEqual([201, null]);
  expect(await ruleIds()).toHaveLength(2);
});

test('who may not make a change neither takes a key nor sees what it answered', async () => {
  await admin.keys.ensure('read-key', { scope: 'read', name: 'r' }, 0);
  await createRule('a');
  for (const [key, status] of [
    [null, 401],
    ['wrong', 401],
    ['read-key', 403],
  ] as const) {
    const answer = await admin.call('POST', '/api/rules', once('a', { key, body: RULE }));
    expect(answer.status).toBe(status);
  }
});

test('a day later the key is free again', async () => {
  await createRule('a');
  admin.clock.now += 24 * 3_600_000 - 1_000;
  expect((await createRule('a')).headers.get('idempotent-replayed')).toBe('true');
  admin.clock.now += 2_000;
  expect((await createRule('a')).headers.get('idempotent-replayed')).toBeNull();
  expect(await ruleIds()).toHaveLength(2);
});

test('a request that broke off after its effect is never made again, and its caller is told to look', async () => {
  // The effect is a transaction; what fails is only the write that adds the answer to the key.
  const broken = interruptedAdmin((command) => (command === 'UpdateItemCommand' ? 'fail' : undefined));
  expect((await createRule('a', RULE, broken)).status).toBe(201);
  expect(await createRule('a')).toMatchObject({ status: 409, body: { code: 'in_progress' } });
  admin.clock.now += 60_000;
  expect(await createRule('a')).toMatchObject({ status: 409, body: { code: 'outcome_unknown' } });
  expect(await ruleIds()).toHaveLength(1);
});

test('a fault is not kept: the same request may be sent again, and is made then', async () => {
  const broken = interruptedAdmin((command) =>
    command === 'TransactWriteItemsCommand' ? 'fail' : undefined,
  );
  expect((await createRule('a', RULE, broken)).status).toBe(503);
  expect((await createRule('a')).status).toBe(201);
  expect(await ruleIds()).toHaveLength(1);
});

test('a key that cannot be taken, or whose taking is not confirmed, changes nothing and stays free', async () => {
  for (const interruption of ['fail', 'lose reply'] as const) {
    const broken = interruptedAdmin((command) => (command === 'PutItemCommand' ? interruption : undefined));
    expect((await createRule('a', RULE, broken)).status).toBe(503);
    expect(await ruleIds()).toEqual([]);
  }
  expect((await createRule('a')).status).toBe(201);
});

test('the secret of a new key is stored nowhere: a repetition makes no second key and says why it shows none', async () => {
  const create = () => admin.call('POST', '/api/keys', once('a', { body: { name: 'x', scope: 'read' } }));
  const secret = fieldOf(await create(), 'secret');
  const again = await create();
  expect(again).toMatchObject({ status: 409, body: { code: 'answer_not_kept' } });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(column(await admin.call('GET', '/api/keys'), 'keys', 'name')).toEqual(['x']);
  const { Items: items } = await dynamo.client.send(new ScanCommand({ TableName: tables.operations }));
  expect(items?.filter(({ pk }) => pk?.S?.startsWith('idem#') === true)).toEqual([
    expect.not.objectContaining({ b: expect.anything() }),
  ]);
  expect(JSON.stringify(items)).not.toContain(secret);
});

test('a file is recognised by all of its bytes, and imported once', async () => {
  const upload = (text: string) =>
    admin.call(
      'POST',
      '/api/users/import',
      once('a', {
        bytes: new Uint8Array(gzipSync(text)),
        headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip' },
      }),
    );
  const first = await upload('userId,name\nada,Ada\n');
  const second = await upload('userId,name\nada,Ada\n');
  expect([first.status, second.text]).toEqual([200, first.text]);
  expect((await upload('userId,name\nada,Adb\n')).status).toBe(422);
  expect(column(await admin.call('GET', '/api/imports'), 'imports', 'id')).toHaveLength(1);
});

test.each(['', 'a b', 'é', 'x'.repeat(256), '?'])('%j is no key', async (key) => {
  expect(await createRule(key)).toMatchObject({
    status: 400,
    body: { details: [{ path: 'Idempotency-Key' }] },
  });
  expect(await ruleIds()).toEqual([]);
});

test('where nothing is changed, the header means nothing', async () => {
  await admin.call('GET', '/api/rules', once('a'));
  await admin.call('POST', '/api/rules/preview', once('a', { body: RULE }));
  await admin.call('POST', '/api/session', once('a', { key: null, body: { key: 'admin-key-for-tests' } }));
  expect((await createRule('a')).status).toBe(201);
});
