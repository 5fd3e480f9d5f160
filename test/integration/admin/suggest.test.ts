import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  admin = createAdmin(dynamo.client, await dynamo.tables());
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
});

test('the properties of unmapped events are summed up, and rules ranked by what they would map', async () => {
  const plans = ['pro', 'pro', 'pro', 'free'];
  await admin.settle(
    ...plans.map((plan, index) => ({
      messageId: `m${String(index)}`,
      properties: {
        plan,
        count: index + 1,
        'a.b': { deep: true },
        id: `unique ${String(index)}`,
        tags: ['x'],
      },
    })),
    { messageId: 'other', event: 'Other', properties: { plan: 'pro' } },
    { messageId: 'named', properties: { featureId: 'unknown' } },
  );
  const { status, body } = await admin.call('GET', '/api/unmapped/Message%20Sent/suggest');
  expect(status).toBe(200);
  const event = { operator: 'equals', value: 'Message Sent' };
  expect(body).toMatchObject({
    event: 'Message Sent',
    sampled: 4,
    total: 4,
    properties: expect.arrayContaining([
      {
        path: 'properties.plan',
        present: 4,
        types: { text: 4 },
        values: [
          { value: 'pro', count: 3 },
          { value: 'free', count: 1 },
        ],
      },
      {
        path: 'properties.a\\.b.deep',
        present: 4,
        types: { boolean: 4 },
        values: [{ value: true, count: 4 }],
      },
      { path: 'properties.tags', present: 4, types: { list: 4 }, values: [] },
    ]),
    suggestions: expect.arrayContaining([
      expect.objectContaining({ rule: { event, conditions: [] }, matched: 4, share: 1 }),
      expect.objectContaining({
        rule: { event, conditions: [], delta: { path: 'properties.count' } },
        matched: 4,
      }),
      expect.objectContaining({
        rule: { event, conditions: [{ path: 'properties.plan', operator: 'equals', value: 'pro' }] },
        matched: 3,
        share: 0.75,
      }),
    ]),
  });
});

const suggestedSchema = z.object({
  suggestions: z.array(z.object({ rule: z.looseObject({}), matched: z.number() })),
});

test('every suggestion can be saved with a feature, and maps what it said', async () => {
  const events = [1, 2, 3].map((n) => ({
    messageId: `m${String(n)}`,
    properties: { delta: n === 1 ? 'many' : n, kind: n === 3 ? 'b' : 'a' },
  }));
  await admin.settle(...events);
  const answer = await admin.call('GET', '/api/unmapped/Message%20Sent/suggest?reason=no_rule');
  const { suggestions } = z.parse(suggestedSchema, answer.body);
  expect(suggestions.length).toBeGreaterThan(2);
  for (const { rule, matched } of suggestions) {
    const preview = await admin.call('POST', '/api/rules/preview', {
      body: { ...rule, featureId: 'messages' },
    });
    expect(preview.body).toMatchObject({ matched });
  }
});

test('a name that nobody has sent has nothing to suggest', async () => {
  expect((await admin.call('GET', '/api/unmapped/Nothing/suggest')).body).toEqual({
    event: 'Nothing',
    sampled: 0,
    total: 0,
    properties: [],
    suggestions: [],
  });
});
