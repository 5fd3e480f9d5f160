import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { column, createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let admin: Admin;

const LONG = `long-${'x'.repeat(300)}`;
const IDS = [
  ...Array.from({ length: 25 }, (_, index) => `user-${String(index).padStart(2, '0')}`),
  'ada',
  'Zoë',
  LONG,
];

beforeAll(async () => {
  dynamo = await startTestDynamo();
  admin = createAdmin(dynamo.client, await dynamo.tables());
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
  await admin.call('POST', '/api/features', { body: { id: 'images' } });
  await admin.settle(...IDS.map((userId) => ({ messageId: `t ${userId}`, userId })));
  await admin.settle(
    {
      type: 'identify',
      messageId: 'old',
      userId: 'ada',
      timestamp: '2026-11-01T00:00:00Z',
      traits: { name: 'Ada', email: 'ada@old.example', billingUserId: 'cus_1' },
    },
    {
      type: 'identify',
      messageId: 'new',
      userId: 'ada',
      timestamp: '2026-11-02T00:00:00Z',
      traits: { email: 'ada@new.example' },
    },
    {
      messageId: 'u1',
      userId: 'ada',
      timestamp: '2026-11-01T00:00:00Z',
      properties: { featureId: 'messages', delta: '1.5' },
    },
    {
      messageId: 'u2',
      userId: 'ada',
      timestamp: '2026-11-22T00:00:00Z',
      properties: { featureId: 'messages', delta: '2' },
    },
    {
      messageId: 'u3',
      userId: 'ada',
      timestamp: '2026-11-22T00:00:00Z',
      properties: { featureId: 'images' },
    },
    {
      messageId: 'u4',
      userId: 'ada',
      timestamp: '2026-10-31T23:00:00Z',
      properties: { featureId: 'images', delta: 50 },
    },
  );
});
afterAll(() => dynamo.stop());

async function listed(query: string): Promise<string[]> {
  const ids: string[] = [];
  let next = '';
  do {
    const page = await admin.call('GET', `/api/users?${query}${next}`);
    ids.push(...column(page, 'users', 'userId'));
    const cursor = fieldOf(page, 'cursor');
    next = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  } while (next !== '');
  return ids;
}

test.each([1, 7, 100])(
  'all users are listed once, by id, %i at a time; ids that are not plain come last',
  async (limit) => {
    const ids = await listed(`limit=${String(limit)}`);
    expect(ids.slice(0, 26)).toEqual(IDS.slice(0, 26).toSorted());
    expect(ids.slice(26).toSorted()).toEqual([LONG, 'Zoë'].toSorted());
  },
);

test('a query finds the ids that begin with it, in pages', async () => {
  expect(await listed('query=user-1&limit=3')).toEqual(IDS.slice(10, 20));
  expect(await listed('query=ada')).toEqual(['ada']);
  expect(await listed('query=Ada')).toEqual([]);
});

test('an id that is not plain is found whole', async () => {
  expect(await listed(`query=${encodeURIComponent('Zoë')}`)).toEqual(['Zoë']);
  expect(await listed(`query=${LONG}`)).toEqual([LONG]);
  expect(await listed(`query=${encodeURIComponent('Zo')}`)).toEqual([]);
});

test('a cursor of another query is refused', async () => {
  const cursor = fieldOf(await admin.call('GET', '/api/users?limit=2'), 'cursor');
  expect((await admin.call('GET', `/api/users?query=user-1&cursor=${cursor}`)).body).toMatchObject({
    code: 'invalid_cursor',
    details: [{ path: 'cursor' }],
  });
});

test('a user is shown with its fields, where each came from, and the usage of this month', async () => {
  expect((await admin.call('GET', '/api/users/ada')).body).toEqual({
    userId: 'ada',
    userIds: ['ada'],
    imported: false,
    flags: [],
    merges: [],
    name: 'Ada',
    email: 'ada@new.example',
    billingId: 'cus_1',
    billingProvider: 'stripe',
    createdAt: '2026-11-23T12:00:00.000Z',
    audiences: {},
    computedTraits: {},
    sources: {
      name: { at: '2026-11-01T00:00:00.000Z', messageId: 'old' },
      email: { at: '2026-11-02T00:00:00.000Z', messageId: 'new' },
      billingId: { at: '2026-11-01T00:00:00.000Z', messageId: 'old' },
    },
    usage: {
      month: '2026-11',
      features: [
        { featureId: 'images', sum: '1', count: 1 },
        { featureId: 'messages', sum: '3.5', count: 2 },
      ],
    },
  });
});

test('a user known only from track events has empty fields', async () => {
  expect((await admin.call('GET', `/api/users/${encodeURIComponent('Zoë')}`)).body).toMatchObject({
    userId: 'Zoë',
    name: null,
    email: null,
    billingId: null,
    billingProvider: null,
    sources: {},
    usage: { features: [] },
  });
});

describe('what Engage said', () => {
  const engage = (messageId: string, userId: string, key: string, value: unknown, kind = 'audience') => ({
    type: 'identify' as const,
    messageId,
    userId,
    timestamp: '2026-11-05T00:00:00Z',
    traits: { [key]: value },
    context: { personas: { computation_class: kind, computation_key: key } },
  });
  beforeAll(async () => {
    await admin.settle(
      ...IDS.slice(0, 5).map((userId, index) => engage(`e${String(index)}`, userId, 'vip', index !== 2)),
      engage('e9', IDS[0] ?? '', 'revenue', { eur: [1.5, null] }, 'trait'),
    );
  });

  test('is shown with the user', async () => {
    expect((await admin.call('GET', `/api/users/${IDS[0] ?? ''}`)).body).toMatchObject({
      audiences: { vip: { member: true, enteredAt: '2026-11-05T00:00:00.000Z' } },
      computedTraits: { revenue: { value: { eur: [1.5, null] }, at: '2026-11-05T00:00:00.000Z' } },
    });
    expect((await admin.call('GET', `/api/users/${IDS[2] ?? ''}`)).body).toMatchObject({
      audiences: { vip: { member: false, exitedAt: '2026-11-05T00:00:00.000Z' } },
    });
  });

  test.each([1, 100])('filters the list of users, %i at a time', async (limit) => {
    const inside = IDS.slice(0, 5)
      .filter((_, index) => index !== 2)
      .toSorted();
    expect(await listed(`audience=vip&limit=${String(limit)}`)).toEqual(inside);
    expect(await listed('audience=nobody')).toEqual([]);
  });

  test('is not combined with a search', async () => {
    expect((await admin.call('GET', '/api/users?audience=vip&query=a')).body).toMatchObject({
      code: 'invalid_request',
      details: [{ path: 'audience' }],
    });
  });
});
