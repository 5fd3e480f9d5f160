import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventKeyOf } from '../../../adapters/keys.ts';
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
});

const AT = Date.parse('2026-11-23T12:00:00Z');
const plain = {
  from: AT,
  at: AT,
  dialect: 'tracking',
  requests: 1,
  accepted: 0,
  duplicates: 0,
  eventKeys: [],
  rejections: [],
} as const;

test('the feed shows the newest entries first: events by what they are now, refusals with their reason', async () => {
  await admin.settle({ messageId: 'm1', event: 'Message Sent' });
  await admin.feed.add({
    ...plain,
    apiKeyId: 'key_1',
    accepted: 2,
    eventKeys: [eventKeyOf('m1'), eventKeyOf('gone')],
  });
  const rejection = { code: 'missing_user_id', message: 'userId is missing.', count: 3 };
  await admin.feed.add({ ...plain, at: AT + 1_000, requests: 2, duplicates: 1, rejections: [rejection] });

  expect((await admin.call('GET', '/api/feed')).body).toEqual({
    entries: [
      {
        from: '2026-11-23T12:00:00.000Z',
        at: '2026-11-23T12:00:01.000Z',
        dialect: 'tracking',
        requests: 2,
        accepted: 0,
        duplicates: 1,
        rejections: [rejection],
        events: [],
      },
      {
        from: '2026-11-23T12:00:00.000Z',
        at: '2026-11-23T12:00:00.000Z',
        dialect: 'tracking',
        apiKeyId: 'key_1',
        requests: 1,
        accepted: 2,
        duplicates: 0,
        rejections: [],
        // The other is not there any more.
        events: [
          {
            messageId: 'm1',
            status: 'unmapped',
            type: 'track',
            event: 'Message Sent',
            userId: 'user-1',
            timestamp: '2026-11-23T12:00:00.000Z',
            receivedAt: '2026-11-23T12:00:00.000Z',
            reason: 'no_rule',
            conflict: false,
          },
        ],
      },
    ],
  });
});

test('an answer has at most `limit` entries, and at most a hundred events in all', async () => {
  const messageIds = Array.from({ length: 120 }, (_, index) => `m${String(index)}`);
  await admin.settle(...messageIds.map((messageId) => ({ messageId })));
  for (const part of [messageIds.slice(0, 60), messageIds.slice(60)]) {
    await admin.feed.add({ ...plain, at: AT + part.length, accepted: 60, eventKeys: part.map(eventKeyOf) });
  }
  const { body } = await admin.call('GET', '/api/feed');
  expect(JSON.stringify(body).match(/"messageId"/g)).toHaveLength(100);
  const { body: one } = await admin.call('GET', '/api/feed?limit=1');
  expect(JSON.stringify(one).match(/"messageId"/g)).toHaveLength(60);
});
