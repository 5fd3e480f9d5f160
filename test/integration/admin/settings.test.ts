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
});

const NOTHING = { configured: false, webhookConfigured: false };
const change = (enabled: boolean) =>
  admin.call('PATCH', '/api/settings', { body: { chargebee: { enabled } } });
const billingIdOf = async (userId: string): Promise<unknown> =>
  (await admin.call('GET', `/api/users/${userId}`)).body;
const identify = (messageId: string, billingUserId: string) =>
  admin.settle({ type: 'identify', messageId, userId: messageId, traits: { billingUserId } });

test('at first Chargebee is off, and no provider is configured', async () => {
  const { body } = await admin.call('GET', '/api/settings');
  expect(body).toEqual({ chargebee: { enabled: false, ...NOTHING }, stripe: NOTHING, history: [] });
});

test('a change holds for the events that come after it, and is kept with its time and author', async () => {
  await identify('before', '8avVGOkx8U1MX');
  const { body } = await change(true);
  expect(body).toMatchObject({
    chargebee: { enabled: true },
    history: [{ at: '2026-11-23T12:00:00.000Z', by: 'admin-key', chargebee: { enabled: true } }],
  });
  await identify('during', '8avVGOkx8U1MX-2');
  await change(false);
  await identify('after', '8avVGOkx8U1MX-3');
  expect(await billingIdOf('before')).toMatchObject({ billingId: null });
  expect(await billingIdOf('during')).toMatchObject({ billingId: '8avVGOkx8U1MX-2' });
  expect(await billingIdOf('after')).toMatchObject({ billingId: null });
});

test('the same setting again, or none, changes nothing: no generation, no entry in the history', async () => {
  await change(true);
  const { generation } = await admin.rulesets.current();
  await change(true);
  const { body } = await admin.call('PATCH', '/api/settings', { body: {} });
  expect(body).toMatchObject({ chargebee: { enabled: true }, history: [{}] });
  expect((await admin.rulesets.current()).generation).toBe(generation);
});

test('a change leaves features and rules as they are', async () => {
  await admin.call('POST', '/api/features', { body: { id: 'messages' } });
  const before = await admin.rulesets.current();
  await change(true);
  const after = await admin.rulesets.current();
  expect({ features: after.features, rules: after.rules }).toEqual({
    features: before.features,
    rules: before.rules,
  });
});

test('what the secret holds is told as configured or not, and never shown', async () => {
  admin.billing.key = JSON.stringify({
    stripeApiKey: 'sk_test_1',
    stripeWebhookSecret: '',
    chargebeeSite: 'acme-test',
    chargebeeApiKey: 'test_2',
    chargebeeWebhookUsername: 'hook',
    chargebeeWebhookPassword: 'word',
  });
  const { body, text } = await admin.call('GET', '/api/settings');
  expect(body).toMatchObject({
    stripe: { configured: true, webhookConfigured: false },
    chargebee: { configured: true, webhookConfigured: true },
  });
  expect(text).not.toMatch(/sk_test_1|test_2|word/);
});

test.each(['', 'no JSON', '[]', '{"stripeApiKey":7}'])(
  'a secret that holds %j is not configured, and no fault',
  async (secret) => {
    admin.billing.key = secret;
    const { status, body } = await admin.call('GET', '/api/settings');
    expect(status).toBe(200);
    expect(body).toMatchObject({ stripe: NOTHING, chargebee: NOTHING });
  },
);

test('a secret that cannot be read is 503, not "not configured"', async () => {
  admin.billing.fails = true;
  expect((await admin.call('GET', '/api/settings')).status).toBe(503);
});
