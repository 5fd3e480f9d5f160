import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { column, createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { importUser, type ImportedUser } from '../../support/imported-user.ts';

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

let messages = 0;
const track = (userId: string, delta: number) =>
  admin.settle({
    messageId: `t-${String((messages += 1))}`,
    userId,
    properties: { featureId: 'messages', delta },
  });
const identify = (userId: string, traits: Readonly<Record<string, string>>, timestamp?: string) =>
  admin.settle({
    type: 'identify',
    messageId: `i-${String((messages += 1))}`,
    userId,
    traits,
    ...(timestamp !== undefined && { timestamp }),
  });
const imported = (user: ImportedUser) => importUser(dynamo.client, tables.users, user);

const usage = async (userId: string): Promise<unknown> => {
  const { body } = await admin.call('GET', `/api/usage?userId=${encodeURIComponent(userId)}`);
  return new Map(Object.entries(body ?? {})).get('total');
};
const user = async (userId: string) =>
  (await admin.call('GET', `/api/users/${encodeURIComponent(userId)}`)).body;
const merge = (survivorId: string, absorbedId: string, dryRun = false) =>
  admin.call('POST', '/api/users/merge', { body: { survivorId, absorbedId, dryRun } });
const undo = (mergeId: string) => admin.call('POST', `/api/merges/${mergeId}/undo`);
const latestMerge = async () => column(await admin.call('GET', '/api/merges'), 'merges', 'id')[0] ?? '';
const boxes = async () => {
  const [missing, shared] = await Promise.all([
    admin.call('GET', '/api/flags/missing-billing'),
    admin.call('GET', '/api/flags/shared-email'),
  ]);
  return { missing: missing.body, shared: shared.body };
};

test('a merge is in the usage of the next read, also while events arrive for both, and undoing restores both', async () => {
  await identify('ada', { email: 'ada@x.test', name: 'Ada' });
  await identify('ada2', { email: 'other@x.test', billingUserId: 'cus_2' });
  await track('ada', 3);
  await track('ada2', 4);
  const before = [await user('ada'), await user('ada2')];

  const preview = await merge('ada', 'ada2', true);
  expect(preview.body).toMatchObject({
    user: { userId: 'ada', userIds: ['ada', 'ada2'], billingId: 'cus_2' },
    fields: expect.arrayContaining([
      { field: 'billingId', survivor: null, absorbed: 'cus_2', result: 'cus_2' },
    ]),
    usage: { result: [{ featureId: 'messages', sum: '7', count: 2 }] },
  });
  expect(await user('ada')).toEqual(before[0]);

  const { status, body } = await merge('ada', 'ada2');
  expect(status).toBe(200);
  expect(body).toMatchObject({ merge: { survivorId: 'ada', absorbedId: 'ada2', cause: 'manual' } });
  expect(await usage('ada')).toEqual({ sum: '7', count: 2 });
  expect(await usage('ada2')).toEqual({ sum: '7', count: 2 });
  await track('ada', 10);
  await track('ada2', 100);
  expect(await usage('ada')).toEqual({ sum: '117', count: 4 });
  expect(await user('ada2')).toMatchObject({ userId: 'ada', merges: [{ absorbedId: 'ada2' }] });
  expect(column(await admin.call('GET', '/api/users'), 'users', 'userId')).toEqual(['ada']);

  const undone = await undo(await latestMerge());
  expect(undone.body).toMatchObject({ users: [{ userId: 'ada' }, { userId: 'ada2', billingId: 'cus_2' }] });
  expect(await usage('ada')).toEqual({ sum: '13', count: 2 });
  expect(await usage('ada2')).toEqual({ sum: '104', count: 2 });
  const fieldsOf = (shown: unknown): unknown =>
    ({ ...Object(shown), merges: [], usage: {} }) satisfies object;
  expect([fieldsOf(await user('ada')), fieldsOf(await user('ada2'))]).toEqual(before.map(fieldsOf));
  expect(await user('ada')).toMatchObject({ merges: [{ undoneBy: 'admin-key' }] });
  expect(column(await admin.call('GET', '/api/users'), 'users', 'userId')).toEqual(['ada', 'ada2']);
});

test('of a chain, each merge is undone by itself, in any order, and ids that came later go where they belong', async () => {
  for (const [index, userId] of ['a', 'b', 'c'].entries()) await track(userId, 10 ** index);
  await merge('b', 'a');
  const first = await latestMerge();
  admin.clock.now += 1;
  await merge('c', 'b');
  const second = await latestMerge();
  expect(await user('a')).toMatchObject({ userId: 'c', userIds: ['c', 'b', 'a'] });
  expect(await usage('a')).toEqual({ sum: '111', count: 3 });

  await undo(first);
  expect(await user('a')).toMatchObject({ userId: 'a', userIds: ['a'] });
  expect(await user('b')).toMatchObject({ userId: 'c', userIds: ['c', 'b'] });
  await undo(second);
  expect(await user('b')).toMatchObject({ userId: 'b', userIds: ['b'] });

  await merge('b', 'a');
  admin.clock.now += 1;
  await merge('c', 'b');
  await undo(await latestMerge());
  expect(await user('a')).toMatchObject({ userId: 'b', userIds: ['b', 'a'] });
  expect(await usage('b')).toEqual({ sum: '11', count: 2 });
  expect(await usage('c')).toEqual({ sum: '100', count: 1 });
});

test('what was said to an absorbed id stays its own when the merge is undone', async () => {
  await identify('a', { name: 'A', email: 'a@x.test' }, '2026-11-01T00:00:00Z');
  await identify('b', { name: 'B', email: 'b@x.test' }, '2026-11-02T00:00:00Z');
  await merge('b', 'a');
  await identify(
    'a',
    { name: 'A later', email: 'later@x.test', billingUserId: 'cus_a' },
    '2026-11-05T00:00:00Z',
  );
  await identify('b', { name: 'B old' }, '2026-10-01T00:00:00Z');
  expect(await user('b')).toMatchObject({ name: 'A later', email: 'later@x.test', billingId: 'cus_a' });
  await undo(await latestMerge());
  expect(await user('a')).toMatchObject({ name: 'A later', email: 'later@x.test', billingId: 'cus_a' });
  expect(await user('b')).toMatchObject({ name: 'B', email: 'b@x.test', billingId: null });
});

describe('a merge that is not possible changes nothing and says why', () => {
  test.each([
    ['with itself', 'a', 'a', 400],
    ['with somebody unknown', 'a', 'nobody', 404],
    ['of somebody unknown', 'nobody', 'a', 404],
    ['with one that was absorbed', 'a', 'c', 409],
    ['into one that was absorbed', 'c', 'a', 409],
    ['under ids of every character', 'a', '\u0000"\ud800#~=', 404],
  ])('%s', async (_, survivorId, absorbedId, status) => {
    for (const userId of ['a', 'b', 'c']) await track(userId, 1);
    await merge('b', 'c');
    const before = [await user('a'), await user('b')];
    for (const dryRun of [true, false]) {
      const answer = await merge(survivorId, absorbedId, dryRun);
      expect(answer.status).toBe(status);
      expect(fieldOf(answer, 'message')).toMatch(/\.$/);
    }
    expect([await user('a'), await user('b')]).toEqual(before);
  });

  test('of a user into an imported one', async () => {
    const importedId = await imported({ source: 'csv:1', email: 'x@x.test' });
    await track('a', 1);
    expect((await merge(importedId, 'a')).status).toBe(422);
    expect((await merge('a', importedId)).status).toBe(200);
    expect((await undo(await latestMerge())).status).toBe(200);
    expect((await undo(await latestMerge())).status).toBe(409);
    expect((await undo('mrg_none')).status).toBe(404);
  });
});

test('an identify adopts the imported user of its email; undone, it is not adopted again', async () => {
  const importedId = await imported({ source: 'stripe:cus_1', email: 'Ada@X.test ', billingId: 'cus_1' });
  const asked = await admin.call('POST', '/api/users/resolve', {
    body: { userId: 'ada', traits: { email: ' ada@x.TEST' } },
  });
  expect(asked.body).toMatchObject({
    row: 5,
    effect: 'adopt',
    user: { userId: 'ada', userIds: ['ada', importedId], billingId: 'cus_1', imported: false },
    merge: { survivorId: 'ada', absorbedId: importedId },
  });
  expect(await user('ada')).toMatchObject({ code: 'not_found' });
  await identify('ada', { email: ' ada@x.TEST' });
  expect(await user(importedId)).toMatchObject({ userId: 'ada', billingId: 'cus_1', merges: [{ row: 5 }] });
  expect((await admin.call('GET', '/api/events/' + `i-${String(messages)}`)).body).toMatchObject({
    outcome: { identify: { row: 5, effect: 'adopt' } },
  });

  await undo(await latestMerge());
  expect(await user(importedId)).toMatchObject({
    userId: importedId,
    imported: true,
    flags: ['shared_email'],
  });
  await identify('ada', { email: 'ada@x.test' });
  expect(await user('ada')).toMatchObject({ userIds: ['ada'], billingId: null });
});

test('the boxes list who is in them, with counts and reasons; a dismissed group returns when somebody joins', async () => {
  await identify('a', { email: 'x@x.test', billingUserId: 'cus_a' });
  const importedId = await imported({ source: 'stripe:cus_b', email: 'x@x.test', billingId: 'cus_b' });
  await identify('a', { email: 'x@x.test' });
  await track('b', 1);
  expect(await boxes()).toMatchObject({
    missing: { count: 1, users: [{ userId: 'b', flags: ['missing_billing'] }] },
    shared: {
      count: 1,
      groups: [
        {
          email: 'x@x.test',
          userCount: 2,
          users: [{ userId: importedId }, { userId: 'a' }],
          reason: 'different_billing_ids',
        },
      ],
    },
  });
  expect((await admin.call('POST', '/api/flags/shared-email/x%40x.test/dismiss')).status).toBe(204);
  expect((await boxes()).shared).toEqual({ count: 0, groups: [] });
  await identify('b', { email: 'X@x.test' });
  expect(await boxes()).toMatchObject({
    shared: { count: 1, groups: [{ userCount: 3, reason: 'several_candidates' }] },
  });
  await merge('a', importedId);
  await merge('a', 'b');
  expect(await boxes()).toEqual({
    missing: { count: 0, users: [] },
    shared: { count: 0, groups: [] },
  });
  expect((await admin.call('POST', '/api/flags/shared-email/x%40x.test/dismiss')).status).toBe(404);
});

test('users are found by the beginning of an id, a whole email, billing id or merged id, and by what they lack', async () => {
  await identify('ada', { email: 'Ada@x.test', billingUserId: 'cus_1' });
  await identify('adam', {});
  await track('zoe', 1);
  await merge('zoe', 'adam');
  const found = async (query: string) =>
    column(await admin.call('GET', `/api/users?${query}`), 'users', 'userId');
  expect(await found('query=ad')).toEqual(['ada']);
  expect(await found('query=adam')).toEqual(['zoe']);
  expect(await found('query=ada%40X.test')).toEqual(['ada']);
  expect(await found('query=cus_1')).toEqual(['ada']);
  expect(await found('billing=missing')).toEqual(['zoe']);
  expect((await admin.call('GET', '/api/users?billing=missing&query=a')).status).toBe(400);
});
