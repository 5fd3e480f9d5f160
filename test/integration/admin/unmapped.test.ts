import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import { column, createAdmin, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let admin: Admin;

const groupsSchema = z.object({
  groups: z.array(z.object({ event: z.string(), sample: z.optional(z.object({ messageId: z.string() })) })),
});

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  admin = createAdmin(dynamo.client, await dynamo.tables());
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
});

test('groups are counted by name, feature and reason, largest first', async () => {
  await admin.call('POST', '/api/features', { body: { id: 'old', archived: true } });
  const events = (count: number, of: object, users = count) =>
    Array.from({ length: count }, (_, index) => ({
      messageId: `${JSON.stringify(of)} ${String(index)}`,
      userId: `user-${String(index % users)}`,
      ...of,
    }));
  await admin.settle(...events(20, { event: 'Page Opened' }, 5));
  admin.clock.now += 3_600_000;
  await admin.settle(
    ...events(7, { event: 'Page Opened', properties: { featureId: 'pages' } }),
    ...events(5, { event: 'Image Made', properties: { featureId: 'messages', delta: 'many' } }),
    ...events(3, { event: 'Image Made', properties: { featureId: 'old' } }),
    ...events(1, { event: 'Image Made' }),
    ...events(4, { event: 'Mapped', properties: { featureId: 'messages' } }),
  );
  const { body } = await admin.call('GET', '/api/unmapped');
  const [early, late] = ['2026-11-23T12:00:00.000Z', '2026-11-23T13:00:00.000Z'];
  expect(body).toMatchObject({
    complete: true,
    groups: [
      {
        event: 'Page Opened',
        reason: 'no_rule',
        count: 20,
        users: expect.any(Number),
        usersApproximate: true,
        firstSeen: early,
        lastSeen: early,
      },
      { event: 'Page Opened', featureId: 'pages', reason: 'unknown_feature', count: 7, firstSeen: late },
      { event: 'Image Made', featureId: 'messages', reason: 'invalid_delta', count: 5 },
      { event: 'Image Made', featureId: 'old', reason: 'archived_feature', count: 3 },
      { event: 'Image Made', reason: 'no_rule', count: 1, users: 1 },
    ],
  });
});

test('a group whose events are damaged shows one that is not, or none, and hides no other', async () => {
  await admin.settle(
    { messageId: 'a', event: 'Half', properties: { plan: 'pro' } },
    { messageId: 'b', event: 'Half', properties: { plan: 'pro' } },
    { messageId: 'c', event: 'Lost' },
    { messageId: 'd', event: 'Whole', properties: { plan: 'free' } },
  );
  for (const messageId of ['a', 'c']) await admin.damage(messageId);
  const { body } = await admin.call('GET', '/api/unmapped');
  const { groups } = groupsSchema.parse(body);
  expect(new Map(groups.map(({ event, sample }) => [event, sample?.messageId]))).toEqual(
    new Map([
      ['Half', 'b'],
      ['Lost', undefined],
      ['Whole', 'd'],
    ]),
  );
});

test('a group shows the properties of one of its events, shortened where they are large', async () => {
  await admin.settle(
    { messageId: 'm', event: 'Small', properties: { plan: 'pro', tags: ['a'], nested: { deep: true } } },
    { messageId: 'n', event: 'None' },
    { messageId: 'l', event: 'Large', properties: { a: 1, text: 'x'.repeat(5_000), b: 2 } },
  );
  const answer = await admin.call('GET', '/api/unmapped');
  expect(answer.body).toMatchObject({
    groups: expect.arrayContaining([
      expect.objectContaining({
        event: 'Small',
        sample: {
          messageId: 'm',
          properties: { plan: 'pro', tags: ['a'], nested: { deep: true } },
          shortened: false,
        },
      }),
      expect.objectContaining({
        event: 'None',
        sample: { messageId: 'n', properties: {}, shortened: false },
      }),
      expect.objectContaining({
        event: 'Large',
        sample: { messageId: 'l', properties: { a: 1, b: 2 }, shortened: true },
      }),
    ]),
  });
});

test('events that have been mapped are in no group, and a group that lost its sample shows another', async () => {
  await admin.settle(
    { messageId: 'first', event: 'E', properties: { plan: 'free' } },
    { messageId: 'last', event: 'E', properties: { plan: 'pro' } },
  );
  await admin.call('POST', '/api/rules', {
    body: {
      featureId: 'messages',
      event: { operator: 'equals', value: 'E' },
      conditions: [{ path: 'properties.plan', operator: 'equals', value: 'pro' }],
    },
  });
  await admin.resettle('first', 'last');
  expect((await admin.call('GET', '/api/unmapped')).body).toMatchObject({
    groups: [{ event: 'E', count: 1, sample: { messageId: 'first' } }],
  });
  await admin.call('POST', '/api/rules', {
    body: { featureId: 'messages', event: { operator: 'equals', value: 'E' } },
  });
  await admin.resettle('first');
  expect((await admin.call('GET', '/api/unmapped')).body).toEqual({ groups: [], complete: true });
});

test('pages together hold each group once', async () => {
  await admin.settle(
    ...Array.from({ length: 11 }, (_, index) => ({
      messageId: String(index),
      event: `Event ${String(index % 6)}`,
    })),
  );
  const names: string[] = [];
  let next = '';
  do {
    const page = await admin.call('GET', `/api/unmapped?limit=2${next}`);
    names.push(...column(page, 'groups', 'event'));
    const cursor = fieldOf(page, 'cursor');
    next = cursor === '' ? '' : `&cursor=${cursor}`;
  } while (next !== '');
  expect(names.slice(0, 5).toSorted()).toEqual(['Event 0', 'Event 1', 'Event 2', 'Event 3', 'Event 4']);
  expect(names.slice(5)).toEqual(['Event 5']);
});
