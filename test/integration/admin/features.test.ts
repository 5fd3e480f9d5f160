import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { column, createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  admin = createAdmin(dynamo.client, await dynamo.tables());
});

const MESSAGES = {
  id: 'messages',
  name: 'Messages',
  type: 'binary',
  unitLabel: 'message',
  unitLabelPlural: 'messages',
  archived: false,
};

test('a feature comes back as it was written', async () => {
  const written = await admin.call('POST', '/api/features', { body: MESSAGES });
  const at = '2026-11-23T12:00:00.000Z';
  expect(written).toMatchObject({ status: 201, body: { ...MESSAGES, createdAt: at, updatedAt: at } });
  expect((await admin.call('GET', '/api/features/messages')).body).toEqual(written.body);
  expect((await admin.call('GET', '/api/features')).body).toEqual({ features: [written.body] });
});

test('an id alone makes a consumable feature of that name', async () => {
  expect((await admin.call('POST', '/api/features', { body: { id: 'api/calls v2' } })).body).toMatchObject({
    id: 'api/calls v2',
    name: 'api/calls v2',
    type: 'consumable',
    archived: false,
  });
  expect((await admin.call('GET', `/api/features/${encodeURIComponent('api/calls v2')}`)).status).toBe(200);
});

test('a change replaces what it names, and null removes a label', async () => {
  await admin.call('POST', '/api/features', { body: MESSAGES });
  admin.clock.now += 60_000;
  const { body } = await admin.call('PATCH', '/api/features/messages', {
    body: { name: 'Chats', unitLabel: null },
  });
  expect(body).toEqual({
    ...MESSAGES,
    name: 'Chats',
    unitLabel: undefined,
    createdAt: '2026-11-23T12:00:00.000Z',
    updatedAt: '2026-11-23T12:01:00.000Z',
  });
});

test('all problems of a feature are reported at once, each with its field', async () => {
  const body = { id: 'naïve', name: '', type: 'metered', unitLabel: 7, archived: 'no', price: 3 };
  expect(await admin.call('POST', '/api/features', { body })).toMatchObject({
    status: 400,
    body: {
      code: 'invalid_request',
      details: [
        { path: 'id', message: expect.stringContaining('An id has 1 to 100 characters') },
        { path: 'name', message: 'Write at least one character.' },
        { path: 'type', message: 'Write binary or consumable.' },
        { path: 'unitLabel', message: 'Write a text.' },
        { path: 'archived', message: 'Write true or false.' },
        { path: 'price', message: 'There is no such field here.' },
      ],
    },
  });
  expect((await admin.call('POST', '/api/features', { body: {} })).body).toMatchObject({
    message: 'id: This field is required.',
  });
});

test('ids that begin or end with a space, or are too long, are refused', async () => {
  for (const id of ['', ' a', 'a ', '-a', 'a#b', 'x'.repeat(101)]) {
    expect([id, (await admin.call('POST', '/api/features', { body: { id } })).status]).toEqual([id, 400]);
  }
  expect((await admin.call('POST', '/api/features', { body: { id: 'x'.repeat(100) } })).status).toBe(201);
});

test('a long list comes in pages that together hold each feature once', async () => {
  for (let index = 0; index < 7; index += 1) {
    await admin.call('POST', '/api/features', { body: { id: `f${String(index)}` } });
  }
  await admin.call('DELETE', '/api/features/f3');
  const ids: string[] = [];
  let next = '';
  do {
    const page = await admin.call('GET', `/api/features?limit=2${next}`);
    ids.push(...column(page, 'features', 'id'));
    const cursor = fieldOf(page, 'cursor');
    next = cursor === '' ? '' : `&cursor=${cursor}`;
  } while (next !== '');
  expect(ids).toEqual(['f0', 'f1', 'f2', 'f4', 'f5', 'f6']);
});

test('of twenty requests for one id exactly one creates the feature', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      admin.call('POST', '/api/features', { body: { id: 'messages', name: `N${String(index)}` } }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
    201,
    ...Array<number>(19).fill(409),
  ]);
});
