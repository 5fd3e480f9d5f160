import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
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

const rule = (fields: object): Promise<unknown> =>
  admin
    .call('POST', '/api/rules', {
      body: { featureId: 'messages', event: { operator: 'equals', value: 'Message Sent' }, ...fields },
    })
    .then(({ body }) => body);

const explain = async (messageId: string): Promise<unknown> =>
  (await admin.call('GET', `/api/events/${messageId}/explain`)).body;

test('a rule that did not match says which condition failed, what it expected and what the event has', async () => {
  await rule({ conditions: [{ path: 'properties.plan', operator: 'in', value: ['pro', 'team'] }] });
  await rule({ event: { operator: 'equals', value: 'Other' } });
  await admin.settle({ messageId: 'm1', event: 'Message Sent', properties: { plan: 'free' } });
  expect(await explain('m1')).toMatchObject({
    event: { messageId: 'm1', status: 'unmapped', reason: 'no_rule' },
    now: {
      outcome: 'unmapped',
      reason: 'no_rule',
      rules: [
        {
          matched: false,
          failed: { path: 'properties.plan', operator: 'in', expected: ['pro', 'team'], found: 'free' },
        },
      ],
      rulesForOtherEvents: 1,
    },
  });
});

test('an event that names its feature says so, and that no rule was asked', async () => {
  await rule({});
  await admin.settle({
    messageId: 'm1',
    event: 'Message Sent',
    properties: { featureId: 'messages', delta: 2 },
  });
  expect(await explain('m1')).toMatchObject({
    event: { status: 'mapped', outcome: { uses: [{ featureId: 'messages', delta: '2' }] } },
    now: { outcome: 'mapped', namedFeature: 'messages', rules: [], rulesForOtherEvents: 0 },
  });
});

test('what was decided and what would be decided now are told apart', async () => {
  await rule({});
  await admin.settle({ messageId: 'm1', event: 'Message Sent', properties: {} });
  await admin.call('PATCH', '/api/features/messages', { body: { archived: true } });
  expect(await explain('m1')).toMatchObject({
    event: { status: 'mapped' },
    now: { outcome: 'unmapped', reason: 'archived_feature', rules: [{ matched: true }] },
  });
});

test('a Segment filter becomes the conditions of a rule, and of several where it says "or"', async () => {
  const read = async (filter: string, language = 'trigger'): Promise<unknown> =>
    (await admin.call('POST', '/api/rules/import', { body: { filter, language } })).body;
  expect(await read('event = "Message Sent" and properties.plan = "pro"')).toEqual({
    rules: [
      {
        event: { operator: 'equals', value: 'Message Sent' },
        conditions: [expect.objectContaining({ path: 'properties.plan', operator: 'equals', value: 'pro' })],
      },
    ],
  });
  expect(await read('event = "A" or properties.plan = "pro"', 'filter')).toMatchObject({ rules: [{}, {}] });
});
