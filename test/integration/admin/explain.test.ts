import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { EVENT_SK, eventPk } from '../../../adapters/event-item.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { RequestFeed } from '../../../adapters/request-feed.ts';
import { settleEvents } from '../../../adapters/settle-events.ts';
import { createAdmin, toNewEvent, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { explainAnswer } from '../../support/explain-answer.ts';

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

test('an unmapped event whose body is damaged is told as far as it is known', async () => {
  await admin.settle({ messageId: 'm1', event: 'Message Sent' });
  await admin.damage('m1');
  const answer = await admin.call('GET', '/api/events/m1/explain');
  expect(answer).toMatchObject({
    status: 200,
    body: { event: { messageId: 'm1', reason: 'no_rule' }, rules: [] },
  });
  expect(answer.body).not.toHaveProperty('now');
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

/** The steps of an event by their kinds. */
async function story(messageId: string) {
  const { status, steps } = explainAnswer.parse(await explain(messageId));
  return {
    status,
    kinds: steps.map(({ kind }) => kind),
    steps: new Map(steps.map((step) => [step.kind, step])),
  };
}

describe('the story of an event', () => {
  test('that counts leads from its arrival to the row that it is in', async () => {
    const { id } = await admin.keys.ensure('a-key', { scope: 'ingest', name: 'Segment' }, 0);
    await rule({ name: 'Messages', delta: { path: 'properties.n' } });
    await admin.settle(
      { messageId: 'before', properties: { n: 1 } },
      { messageId: 'm1', apiKeyId: id, timestamp: '2026-11-20T07:30:00Z', properties: { n: 2.5 } },
    );
    const { status, kinds, steps } = await story('m1');
    expect(status).toBe('mapped');
    expect(kinds).toEqual(['received', 'stored', 'user', 'mapped', 'counted', 'rules']);
    expect(steps.get('received')).toMatchObject({
      title: 'It arrived as a webhook (/segment) with the key "Segment".',
      at: '2026-11-23T12:00:00.000Z',
    });
    expect(steps.get('counted')).toMatchObject({
      title: 'It counts 2.5 for messages: rule "Messages", version 1.',
      detail:
        'In the usage of user-1 on 2026-11-20 at 07:00 UTC, a day that now has a sum of 2.5 in 1 event.',
      data: {
        row: { userId: 'user-1', featureId: 'messages', day: '2026-11-20', hour: 7, sum: '2.5', count: 1 },
      },
    });
    expect(steps.get('rules')?.title).toBe('The one enabled rule for its event name matches.');
  });

  test('that a change of rules has reached says which', async () => {
    await admin.settle({ messageId: 'm1' });
    expect((await story('m1')).steps.get('unmapped')?.detail).toContain('No enabled rule matches it');
    await rule({ name: 'Messages' });
    expect((await story('m1')).steps.get('now')?.title).toBe('The rules as they are now would map it.');
    admin.clock.now += 1_000;
    const { generation } = await admin.rulesets.current();
    const jobId = await admin.jobs.start(generation, 'rule "Messages" created', admin.clock.now);
    await admin.resettle('m1');
    const { kinds, steps } = await story('m1');
    expect(kinds).not.toContain('now');
    expect(steps.get('mapped')?.title).toBe(
      `It was mapped when the stored events were tried again (${jobId}: rule "Messages" created).`,
    );
  });

  test('that is unmapped says up to which generation it has been tried', async () => {
    await admin.settle({ messageId: 'm1', properties: { featureId: 'none' } });
    const { steps } = await story('m1');
    expect(steps.get('unmapped')?.detail).toContain('a feature that does not exist');
    expect(steps.get('tried')?.data).toEqual({ generation: 1 });
  });

  test('whose rules have changed since says that what was counted stays', async () => {
    await rule({ delta: { value: '2' } });
    await admin.settle({ messageId: 'm1' });
    await admin.call('PATCH', '/api/features/messages', { body: { archived: true } });
    expect((await story('m1')).steps.get('now')).toMatchObject({
      title: 'The rules as they are now would not count it.',
    });
  });

  test('that came twice with different bodies tells of the conflict', async () => {
    await admin.settle({ messageId: 'm1', properties: { a: 1 } });
    await admin.events.put(toNewEvent({ messageId: 'm1', properties: { a: 2 } }, admin.clock.now + 5_000));
    expect((await story('m1')).steps.get('conflict')).toMatchObject({ at: '2026-11-23T12:00:05.000Z' });
  });

  test('that waits says so, and when it waits too long', async () => {
    await admin.events.put(toNewEvent({ messageId: 'm1' }, admin.clock.now));
    const { status, kinds, steps } = await story('m1');
    expect([status, kinds]).toEqual(['received', ['received', 'stored', 'user', 'waiting', 'rules']]);
    expect(steps.get('waiting')?.detail).toContain('a few seconds');
    admin.clock.now += 600_000;
    expect((await story('m1')).steps.get('waiting')?.detail).toContain('Longer than usual');
  });

  test('that counts at its arrival says why', async () => {
    await admin.events.put({
      ...toNewEvent({ messageId: 'm1' }, admin.clock.now),
      timeNote: 'future',
    });
    expect((await story('m1')).steps.get('time')?.title).toContain('24 hours ahead');
  });

  test('that was quarantined says why, although its body cannot be read, and later that it was sent back', async () => {
    const key = eventKeyOf('m1');
    const update = (expression: string) =>
      new UpdateItemCommand({
        TableName: tables.events,
        Key: { pk: { S: eventPk(key) }, sk: { S: EVENT_SK } },
        UpdateExpression: expression,
        ExpressionAttributeValues: { ':b': { B: Buffer.from('nonsense') } },
      });
    await admin.events.put(toNewEvent({ messageId: 'm1' }, admin.clock.now));
    await dynamo.client.send(update('SET b = :b'));
    await settleEvents(admin.settling, [key], { from: 'received', deadline: Infinity, quarantine: true });
    const quarantined = await story('m1');
    expect(quarantined.kinds).toEqual(['received', 'stored', 'quarantined']);
    expect(quarantined.steps.get('quarantined')?.detail).toContain('stored body of an event cannot be read');
    await admin.call('POST', '/api/quarantine/redrive', { body: { all: true } });
    await settleEvents(admin.settling, [key], { from: 'received', deadline: Infinity, quarantine: true });
    expect((await story('m1')).steps.get('redriven')?.title).toContain('sent back by admin-key');
  });

  test('of an identify says that it is not counted', async () => {
    await admin.settle({ messageId: 'm1', type: 'identify', traits: { billingId: 'acc_7' } });
    const { kinds, steps } = await story('m1');
    expect(kinds).toEqual(['received', 'stored', 'user', 'applied', 'note']);
    expect(steps.get('applied')?.detail).toContain('An identify is not counted.');
    expect(steps.get('note')?.title).toContain('Chargebee is not enabled');
  });

  test('of a message that was refused is told as long as the feed remembers it', async () => {
    const feed = new RequestFeed(admin.feed, () => admin.clock.now);
    const message = 'userId is missing: usage needs to know whose it is.';
    const rejections = ['m1', 'm2'].map((id) => ({
      code: 'missing_user_id',
      message,
      eventKey: eventKeyOf(id),
    }));
    await feed.note({ dialect: 'webhook', apiKeyId: 'key_1' }, { rejections });
    for (const messageId of ['m1', 'm2']) {
      expect(await explain(messageId)).toEqual({
        messageId,
        status: 'rejected',
        rules: [],
        steps: [
          {
            kind: 'rejected',
            title: 'It was refused and not stored.',
            detail: message,
            at: '2026-11-23T12:00:00.000Z',
            data: { code: 'missing_user_id', dialect: 'webhook', apiKeyId: 'key_1' },
          },
        ],
      });
    }
    expect((await admin.call('GET', '/api/events/m3/explain')).status).toBe(404);
    expect((await admin.call('GET', '/api/feed')).text).not.toContain(eventKeyOf('m1'));
  });
});
