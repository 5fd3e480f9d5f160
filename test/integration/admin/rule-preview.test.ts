import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createAdmin, fieldOf, type Admin, type EventPayload } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  admin = createAdmin(dynamo.client, await dynamo.tables());
  for (const id of ['messages', 'seats'])
    expect((await admin.call('POST', '/api/features', { body: { id } })).status).toBe(201);
});

const RULE = {
  featureId: 'messages',
  event: { operator: 'equals', value: 'Message Sent' },
  conditions: [
    { path: 'properties.plan', operator: 'in', value: ['pro', 'team'] },
    { path: 'properties.count', operator: 'greater_than', value: 0 },
  ],
  delta: { path: 'properties.count' },
};

const event = (messageId: string, properties: object, more: Partial<EventPayload> = {}): EventPayload => ({
  messageId,
  event: 'Message Sent',
  properties: { ...properties },
  ...more,
});

const EVENTS: readonly EventPayload[] = [
  event('a', { plan: 'pro', count: 2 }, { userId: 'ada' }),
  event('b', { plan: 'team', count: 0.5 }, { userId: 'ada' }),
  event('c', { plan: 'pro', count: 40 }, { userId: 'ben' }),
  event('d', { plan: 'free', count: 3 }),
  event('e', { plan: 'pro' }),
  event('f', { count: -1 }),
  event('g', { plan: 'pro', count: 1.1234567 }),
  event('h', { featureId: 'unknown', plan: 'pro', count: 5 }),
  event('i', { plan: 'pro', count: 7 }, { event: 'Message Read' }),
];

const preview = (body: object) => admin.call('POST', '/api/rules/preview', { body });

test('it says what would be counted, for whom, and which events fail by one condition', async () => {
  await admin.settle(...EVENTS);
  const answer = await preview(RULE);
  expect(answer.status).toBe(200);
  const shown = { timestamp: '2026-11-23T12:00:00.000Z', event: 'Message Sent' };
  expect(answer.body).toMatchObject({
    exact: true,
    // `h` names its feature and `i` is another event: no rule for this name is asked about them.
    scanned: 7,
    total: 7,
    matched: 3,
    invalidDelta: 1,
    usage: [{ featureId: 'messages', sum: '42.5', count: 3 }],
    users: [
      { userId: 'ben', featureId: 'messages', sum: '40', count: 1 },
      { userId: 'ada', featureId: 'messages', sum: '2.5', count: 2 },
    ],
    samples: expect.arrayContaining([
      { ...shown, messageId: 'b', userId: 'ada', properties: { plan: 'team', count: 0.5 }, delta: '0.5' },
    ]),
  });
  expect(answer.body).toHaveProperty(
    'nearMisses',
    expect.arrayContaining([
      {
        ...shown,
        messageId: 'd',
        userId: 'user-1',
        properties: { plan: 'free', count: 3 },
        failed: { path: 'properties.plan', operator: 'in', expected: ['pro', 'team'], found: 'free' },
      },
      {
        ...shown,
        messageId: 'e',
        userId: 'user-1',
        properties: { plan: 'pro' },
        failed: { path: 'properties.count', operator: 'greater_than', expected: 0 },
      },
    ]),
  );
  expect(answer.body).toHaveProperty('nearMisses.length', 2);
});

test('nothing is changed by a preview', async () => {
  await admin.settle(...EVENTS);
  await preview(RULE);
  expect((await admin.call('GET', '/api/rules')).body).toEqual({ rules: [] });
  expect((await admin.call('GET', '/api/usage')).body).toMatchObject({ total: { sum: '0', count: 0 } });
});

const usageNow = async (): Promise<Record<string, { sum: number; count: number }>> => {
  const usage: Record<string, { sum: number; count: number }> = {};
  for (const id of ['messages', 'seats']) {
    const { body } = await admin.call('GET', `/api/usage?featureId=${id}`);
    const total = JSON.stringify(body).match(/"total":\{"sum":"([^"]*)","count":(\d+)\}/);
    usage[id] = { sum: Number(total?.[1]), count: Number(total?.[2]) };
  }
  return usage;
};

const previewedUsage = (body: unknown): Record<string, { sum: number; count: number }> => {
  const usage = { messages: { sum: 0, count: 0 }, seats: { sum: 0, count: 0 } };
  const text = JSON.stringify(body).match(/"usage":(\[.*?\])/)?.[1] ?? '[]';
  for (const [, id, sum, count] of text.matchAll(/"featureId":"(\w+)","sum":"([^"]*)","count":(\d+)/g))
    Object.assign(usage, { [String(id)]: { sum: Number(sum), count: Number(count) } });
  return usage;
};

const minus = (
  after: Record<string, { sum: number; count: number }>,
  before: Record<string, { sum: number; count: number }>,
) =>
  Object.fromEntries(
    Object.entries(after).map(([id, { sum, count }]) => [
      id,
      { sum: sum - (before[id]?.sum ?? 0), count: count - (before[id]?.count ?? 0) },
    ]),
  );

const BODIES: readonly [string, object][] = [
  ['with conditions and a delta from the event', RULE],
  ['with a name pattern', { ...RULE, event: { operator: 'starts_with', value: 'Message' }, conditions: [] }],
  [
    'with a list of names',
    { featureId: 'seats', event: { operator: 'in', value: ['Message Sent', 'Message Read'] } },
  ],
  ['that matches nothing', { ...RULE, event: { operator: 'equals', value: 'Nothing' } }],
];

test.each(BODIES)('saving a rule %s brings about what its preview said', async (_, body) => {
  await admin.settle(...EVENTS);
  const answer = await preview(body);
  const before = await usageNow();
  expect((await admin.call('POST', '/api/rules', { body })).status).toBe(201);
  await admin.resettle(...EVENTS.map(({ messageId }) => messageId));
  expect(minus(await usageNow(), before)).toEqual(previewedUsage(answer.body));
  expect(answer.body).toMatchObject({ exact: true });
});

test('an edit is previewed as an edit, with what other rules gain when it makes way', async () => {
  // The earlier rule refuses everything that has no number in `size`, and the later one stands behind it.
  const first = { ...RULE, conditions: [], delta: { path: 'properties.size' } };
  const id = fieldOf(await admin.call('POST', '/api/rules', { body: first }), 'id');
  admin.clock.now += 1;
  await admin.call('POST', '/api/rules', { body: { ...RULE, conditions: [], delta: { value: '10' } } });
  const events = ['a', 'b', 'c'].map((messageId) => event(messageId, { size: 'large' }));
  await admin.settle(...events, event('d', { size: 'large' }, { event: 'Message Read' }));
  const edited = { ...first, event: { operator: 'equals', value: 'Message Read' }, delta: { value: '1' } };
  const answer = await preview({ ...edited, ruleId: id });
  expect(answer.body).toMatchObject({ exact: true, scanned: 4, matched: 4 });
  const before = await usageNow();
  expect((await admin.call('PATCH', `/api/rules/${id}`, { body: edited })).status).toBe(200);
  await admin.resettle('a', 'b', 'c', 'd');
  expect(minus(await usageNow(), before)).toEqual(previewedUsage(answer.body));
  expect(previewedUsage(answer.body)).toMatchObject({ messages: { sum: 31, count: 4 } });
});

test('when time runs out, the figures say how many events they cover', async () => {
  const many = Array.from({ length: 12 }, (_, index) =>
    event(`m${String(index)}`, { plan: 'pro', count: 1 }, { event: `Message ${String(index)}` }),
  );
  await admin.settle(...many);
  const items = admin.events.items.bind(admin.events);
  admin.events.items = (keys) => {
    admin.clock.now += 15_000;
    return items(keys);
  };
  const { body } = await preview({ ...RULE, event: { operator: 'starts_with', value: 'Message' } });
  // Four shards are read at once, and nothing is begun when the time is over.
  expect(body).toMatchObject({ exact: false, scanned: 4, matched: 4, total: 12 });
});

test.each([
  [{ ...RULE, featureId: 'nothing' }, 400, 'featureId'],
  [{ ...RULE, event: { operator: 'is', value: 1 }, conditions: [] }, 400, 'event.operator'],
  [{ ...RULE, ruleId: 7 }, 400, 'ruleId'],
  [{ ...RULE, ruleId: 'rul_gone' }, 400, 'ruleId'],
  [{ ...RULE, conditions: [{ path: 'a..b', operator: 'exists' }] }, 400, 'conditions[0].path'],
])(
  'a rule that could not be saved has no preview, and every problem its field',
  async (body, status, path) => {
    const answer = await preview(body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code: 'invalid_request', details: [{ path }] });
  },
);
