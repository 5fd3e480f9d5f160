import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
  admin = createAdmin(dynamo.client, await dynamo.tables());
});
afterAll(() => dynamo.stop());

const overview = async (): Promise<unknown> => (await admin.call('GET', '/api/overview')).body;

test('from the first moment to a busy day, the overview says what there is', async () => {
  expect(await overview()).toEqual({
    hasEvents: false,
    features: 0,
    rules: 0,
    unmapped: { groups: 0, events: 0 },
    users: 0,
    flags: { missingBilling: 0, sharedEmail: 0 },
    quarantined: 0,
    jobsRunning: 0,
  });
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
  await admin.settle({ messageId: 'mapped', properties: { featureId: 'messages' } });
  expect(await overview()).toMatchObject({ hasEvents: true, unmapped: { groups: 0, events: 0 } });
  await admin.settle(
    { messageId: 'a-1', event: 'A' },
    { messageId: 'a-2', event: 'A', properties: { featureId: 'none' } },
    { messageId: 'b-1', event: 'B' },
    ...['twin-1', 'twin-2'].map((userId) => ({
      messageId: userId,
      type: 'identify' as const,
      userId,
      traits: { email: 'twin@example.com', billingUserId: `cus_${userId}` },
    })),
  );
  const rule = { featureId: 'messages', enabled: false, event: { operator: 'equals', value: 'C' } };
  await admin.call('POST', '/api/rules', { body: rule });
  await admin.jobs.start(2, 'a test', admin.clock.now);
  expect(await overview()).toEqual({
    hasEvents: true,
    features: 1,
    rules: 1,
    unmapped: { groups: 2, events: 3 },
    users: 3,
    flags: { missingBilling: 1, sharedEmail: 1 },
    quarantined: 0,
    jobsRunning: 1,
  });
});

test('an event that has only just arrived is one', async () => {
  const fresh = createAdmin(dynamo.client, await dynamo.tables());
  await fresh.feed.add({
    from: 1,
    at: fresh.clock.now,
    dialect: 'webhook',
    requests: 1,
    accepted: 1,
    duplicates: 0,
    eventKeys: [],
    rejections: [],
  });
  expect((await fresh.call('GET', '/api/overview')).body).toMatchObject({ hasEvents: true });
});
