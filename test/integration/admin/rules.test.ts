import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { RULE_COUNT_KEY } from '../../../adapters/config-item.ts';
import { column, createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
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
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
});

const RULE = {
  name: 'Messages from paying teams',
  enabled: true,
  featureId: 'messages',
  event: { operator: 'equals', value: 'Message Sent' },
  conditions: [{ path: 'properties.plan', operator: 'in', value: ['pro', 'team'] }],
  delta: { path: 'properties.count' },
};

async function createRule(body: object = RULE): Promise<string> {
  const answer = await admin.call('POST', '/api/rules', { body });
  expect(answer.status).toBe(201);
  return fieldOf(answer, 'id');
}

test('a rule comes back as it was written, with its version and its history', async () => {
  const id = await createRule();
  const at = '2026-11-23T12:00:00.000Z';
  const rule = { id, version: 1, ...RULE, createdAt: at, updatedAt: at, updatedBy: 'admin-key' };
  expect((await admin.call('GET', '/api/rules')).body).toEqual({ rules: [rule] });
  expect((await admin.call('GET', `/api/rules/${id}`)).body).toEqual({
    ...rule,
    history: [{ version: 1, change: 'created', at, by: 'admin-key', rule: RULE }],
  });
});

test('a saved rule decides the next event', async () => {
  await admin.settle({ messageId: 'before', properties: { plan: 'pro', count: '2.5' } });
  const id = await createRule();
  await admin.settle({ messageId: 'after', properties: { plan: 'pro', count: '2.5' } });
  expect((await admin.call('GET', '/api/events/before')).body).toMatchObject({
    status: 'unmapped',
    reason: 'no_rule',
  });
  expect((await admin.call('GET', '/api/events/after')).body).toMatchObject({
    status: 'mapped',
    outcome: { uses: [{ featureId: 'messages', delta: '2.5', ruleId: id, ruleVersion: 1 }] },
  });
  await admin.call('PATCH', `/api/rules/${id}`, { body: { enabled: false } });
  await admin.settle({ messageId: 'disabled', properties: { plan: 'pro' } });
  expect((await admin.call('GET', '/api/events/disabled')).body).toMatchObject({ status: 'unmapped' });
});

test('a change replaces the fields it names, and null removes name and delta', async () => {
  const id = await createRule();
  const body = { name: null, delta: null, conditions: [] };
  const changed = await admin.call('PATCH', `/api/rules/${id}`, { body });
  expect(changed.body).toMatchObject({ version: 2, conditions: [], event: RULE.event });
  expect(changed.body).not.toHaveProperty('name');
  expect(changed.body).not.toHaveProperty('delta');
  expect((await admin.call('PATCH', `/api/rules/${id}`, { body: { event: null } })).body).toMatchObject({
    code: 'invalid_request',
    details: [{ path: 'event' }],
  });
});

test('a change that changes nothing keeps the version', async () => {
  const id = await createRule();
  expect((await admin.call('PATCH', `/api/rules/${id}`, { body: RULE })).body).toMatchObject({ version: 1 });
});

test('of two edits of one version exactly one is refused with 409', async () => {
  const id = await createRule();
  const answers = await Promise.all(
    ['left', 'right'].map((name) => admin.call('PATCH', `/api/rules/${id}`, { body: { name, version: 1 } })),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  const winner = answers.find(({ status }) => status === 200);
  expect((await admin.call('GET', `/api/rules/${id}`)).body).toMatchObject({
    name: winner === undefined ? '' : fieldOf(winner, 'name'),
    version: 2,
  });
});

test('all problems of a rule are reported at once, each with its field', async () => {
  const body = {
    featureId: '',
    event: { operator: 'is', value: 1 },
    conditions: [{ path: 'a..b', operator: 'in', value: [] }],
    delta: { value: 'many' },
    priority: 1,
  };
  const answer = await admin.call('POST', '/api/rules', { body });
  expect(answer.status).toBe(400);
  const paths = column(answer, 'details', 'path');
  for (const path of [
    'featureId',
    'event.operator',
    'conditions[0].path',
    'conditions[0].value',
    'priority',
  ]) {
    expect(paths.some((known) => known === path || `${known}.operator` === path)).toBe(true);
  }
});

test('whatever is beyond a limit is refused with its field, and nothing is saved', async () => {
  const { generation } = await admin.rulesets.current();
  const condition = (fields: object) => ({
    ...RULE,
    conditions: [{ path: 'properties.a', operator: 'equals', value: 1, ...fields }],
  });
  const nested: unknown = JSON.parse(`${'['.repeat(1_000)}1${']'.repeat(1_000)}`);
  const long = Array.from({ length: 61 }, (_, n) => String(n).padEnd(1_000, 'x'));
  for (const [body, path, says] of [
    [{ ...RULE, conditions: Array(51).fill(RULE.conditions[0]) }, 'conditions', 'at most 50 conditions'],
    [condition({ path: `properties${'.a'.repeat(32)}` }), 'conditions[0].path', 'at most 32 steps'],
    [condition({ path: `properties.${'a'.repeat(500)}` }), 'conditions[0].path', 'at most 500 characters'],
    [condition({ path: 'properties.a[x]' }), 'conditions[0].path', ''],
    [condition({ value: 'a'.repeat(1_001) }), 'conditions[0].value', 'at most 1000 characters'],
    [condition({ value: nested }), 'conditions[0].value', 'Write a text, a number'],
    [
      condition({ operator: 'in', value: Array(1_001).fill(1) }),
      'conditions[0].value',
      'at most 1000 entries',
    ],
    [condition({ operator: 'greater_than', value: 'ten' }), 'conditions[0].value', ''],
    [
      condition({ operator: 'glob', value: '*a'.repeat(101) }),
      'conditions[0].value',
      'at most 200 characters',
    ],
    [condition({ operator: 'regex', value: '(a+)+$' }), 'conditions[0].operator', ''],
    [condition({ operator: 'in', value: long }), '', 'at most 60000 characters as JSON'],
  ] as const) {
    for (const [method, route] of [
      ['POST', '/api/rules'],
      ['POST', '/api/rules/preview'],
    ] as const) {
      const answer = await admin.call(method, route, { body });
      expect({ path, route, status: answer.status }).toEqual({ path, route, status: 400 });
      expect(answer.body).toMatchObject({
        details: expect.arrayContaining([{ path, message: expect.stringContaining(says) }]),
      });
    }
  }
  await dynamo.client.send(
    new PutItemCommand({ TableName: tables.config, Item: { ...RULE_COUNT_KEY, n: { N: '10000' } } }),
  );
  expect(await admin.call('POST', '/api/rules', { body: RULE })).toMatchObject({
    status: 422,
    body: { code: 'not_possible', message: expect.stringContaining('There are 10000 rules') },
  });
  expect((await admin.call('GET', '/api/rules')).body).toEqual({ rules: [] });
  expect((await admin.rulesets.current()).generation).toBe(generation);
});

test('a rule for a feature that does not exist names the field', async () => {
  expect(await admin.call('POST', '/api/rules', { body: { ...RULE, featureId: 'nothing' } })).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', details: [{ path: 'featureId' }] },
  });
});

test('who changed a rule is kept, and a deleted rule keeps what it had counted', async () => {
  const id = await createRule();
  const { id: keyId } = await admin.keys.ensure('second-admin', { scope: 'admin', name: 'Ada' }, 0);
  await admin.settle({ messageId: 'm', properties: { plan: 'pro', count: 2 } });
  await admin.call('PATCH', `/api/rules/${id}`, { body: { name: 'x' }, key: 'second-admin' });
  expect((await admin.call('GET', `/api/rules/${id}`)).body).toMatchObject({
    updatedBy: keyId,
    history: [{ version: 2, change: 'changed', by: keyId }, { version: 1 }],
  });
  expect((await admin.call('DELETE', `/api/rules/${id}`)).status).toBe(204);
  expect((await admin.call('GET', `/api/rules/${id}`)).status).toBe(404);
  expect((await admin.call('GET', `/api/rules/${id}/history`)).body).toMatchObject({
    versions: [{ version: 3, change: 'deleted', by: 'admin-key' }, { version: 2 }, { version: 1 }],
  });
  expect((await admin.call('GET', '/api/usage')).body).toMatchObject({ total: { sum: '2', count: 1 } });
});

test('two people who save different rules at the same moment both succeed', async () => {
  const bodies = Array.from({ length: 8 }, (_, index) => ({ ...RULE, name: `Rule ${String(index)}` }));
  const answers = await Promise.all(bodies.map((body) => admin.call('POST', '/api/rules', { body })));
  expect(answers.map(({ status }) => status)).toEqual(Array<number>(8).fill(201));
  const names = column(await admin.call('GET', '/api/rules'), 'rules', 'name');
  expect(names.toSorted()).toEqual(bodies.map(({ name }) => name));
});

test('every change of a rule is a version that says what was done, and the history is read page by page', async () => {
  const id = await createRule();
  const changes = [{ enabled: false }, { enabled: true }, { name: 'New' }];
  for (const body of changes) await admin.call('PATCH', `/api/rules/${id}`, { body });
  await admin.call('PATCH', `/api/rules/${id}?recount=1`, { body: {} });
  await admin.call('PATCH', `/api/rules/${id}?recount=1`, { body: { delta: { value: 2 } } });
  await admin.call('PATCH', `/api/rules/${id}?revert=1`, { body: { enabled: false } });
  await admin.call('PATCH', `/api/rules/${id}?revert=1`, { body: {} });
  await admin.call('DELETE', `/api/rules/${id}?revert=1`);
  const first = await admin.call('GET', `/api/rules/${id}/history?limit=6`);
  const second = await admin.call('GET', `/api/rules/${id}/history?cursor=${fieldOf(first, 'cursor')}`);
  expect([...column(first, 'versions', 'change'), ...column(second, 'versions', 'change')]).toEqual([
    'deleted',
    'reverted',
    'disabled',
    'changed',
    'recounted',
    'changed',
    'enabled',
    'disabled',
    'created',
  ]);
  expect(column(first, 'versions', 'past')).toEqual(['revert', 'revert', 'revert', 'recount', 'recount', '']);
});
