import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import Stripe from 'stripe';
import * as z from 'zod';
import { createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { interruptedDynamo } from '../../support/interrupted-dynamo.ts';
import { readJudge, type ApiJudge } from '../../support/openapi-answers.ts';
import { createImportsFunction } from './imports-function.ts';
import { chargebeeCustomer, stripeCustomer } from './provider-stub.ts';

const SECRET = 'whsec_of_the_test';
const BASIC = `Basic ${Buffer.from('hook:word').toString('base64')}`;

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;
let imports: ReturnType<typeof createImportsFunction>;
/** Every answer is compared with what the document promises. */
let judge: ApiJudge;
const answered = new Set<string>();

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  tables = await dynamo.tables();
  admin = createAdmin(dynamo.client, tables);
  admin.billing.key = JSON.stringify({
    stripeWebhookSecret: SECRET,
    chargebeeWebhookUsername: 'hook',
    chargebeeWebhookPassword: 'word',
  });
  await admin.call('PATCH', '/api/settings', { body: { chargebee: { enabled: true } } });
  imports = createImportsFunction(dynamo.client, tables, admin);
  judge = await readJudge(admin);
});

async function post(
  path: string,
  body: string,
  headers: Record<string, string>,
  method = 'POST',
  by = imports,
) {
  const event = {
    rawPath: `/api/webhooks/${path}`,
    headers,
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
    requestContext: { http: { method } },
  };
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the rest of such an event is never looked at
  const answer = answerSchema.parse(await by.invoke(event as unknown as APIGatewayProxyEventV2));
  const id = judge.webhooks.find((webhook) => webhook.path === event.rawPath)?.id;
  if (id !== undefined && method === 'POST') {
    const { statusCode: status, body: text } = answer;
    const body: unknown = JSON.parse(text);
    const asked = { status, headers: new Headers(answer.headers), text, body };
    expect({ id, status, problems: judge.problemsWith(id, asked) }).toEqual({ id, status, problems: [] });
    answered.add(`${id} ${String(status)}`);
  }
  return answer;
}

const answerSchema = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

const seconds = (): number => Math.floor(admin.clock.now / 1000);
function stripeEvent(
  type: string,
  customer: object,
  created = seconds(),
  id = `evt_${String(created)}`,
): string {
  return JSON.stringify({ id, object: 'event', type, created, data: { object: customer } });
}
const signed = (payload: string, timestamp = seconds(), secret = SECRET) => ({
  'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }),
});
const fromStripe = (payload: string, by = imports) => post('stripe', payload, signed(payload), 'POST', by);

function chargebeeEvent(type: string, customer: object, occurredAt = seconds()): string {
  return JSON.stringify({
    id: `ev_${String(occurredAt)}`,
    occurred_at: occurredAt,
    event_type: type,
    content: { customer },
  });
}
const fromChargebee = (payload: string, authorization = BASIC) =>
  post('chargebee', payload, { authorization });
const exported = async () =>
  (await admin.call('GET', '/api/users/export.csv')).text.trim().split('\r\n').slice(1);

describe('Stripe', () => {
  test('a customer that is created, then changed, is a user that follows', async () => {
    expect((await fromStripe(stripeEvent('customer.created', stripeCustomer(1)))).statusCode).toBe(200);
    expect(await exported()).toEqual([
      expect.stringMatching(/^imp_[\w-]+,user-1@example\.com,Name 1,cus_1$/),
    ]);
    admin.clock.now += 5_000;
    await fromStripe(stripeEvent('customer.updated', stripeCustomer(1, { name: 'New' })));
    expect(await exported()).toEqual([expect.stringContaining(',New,cus_1')]);
  });

  test('events twice and in the wrong order end as in the right one', async () => {
    const [first, second] = [
      stripeEvent('customer.created', stripeCustomer(1), seconds() - 20),
      stripeEvent(
        'customer.updated',
        stripeCustomer(1, { name: 'New', email: 'new@example.com' }),
        seconds() - 10,
      ),
    ];
    for (const payload of [second, first, second, first]) await fromStripe(payload);
    expect(await exported()).toEqual([expect.stringMatching(/^imp_[\w-]+,new@example\.com,New,cus_1$/)]);
  });

  test('a customer that is deleted is a user without a billing id, and late news do not bring it back', async () => {
    const [created, updated] = [
      stripeEvent('customer.created', stripeCustomer(1), seconds() - 30),
      stripeEvent('customer.updated', stripeCustomer(1, { name: 'New' }), seconds() - 20),
    ];
    const deleted = stripeEvent('customer.deleted', { ...stripeCustomer(1), deleted: true }, seconds() - 10);
    await fromStripe(created);
    for (const payload of [deleted, updated, deleted, created]) {
      expect((await fromStripe(payload)).statusCode).toBe(200);
      expect(await exported()).toEqual([expect.stringMatching(/^imp_[\w-]+,user-1@example\.com,Name 1,$/)]);
    }
    const missing = await admin.call('GET', '/api/flags/missing-billing');
    expect(missing.body).toMatchObject({ count: 1 });
  });

  test('a deletion that comes before everything else about its customer still counts', async () => {
    await fromStripe(stripeEvent('customer.deleted', stripeCustomer(1), seconds() - 10));
    await fromStripe(stripeEvent('customer.created', stripeCustomer(1), seconds() - 20));
    expect(await exported()).toEqual([]);
  });

  test('a billing id that an event has said stays when the customer is deleted', async () => {
    await admin.settle({
      messageId: 'i',
      type: 'identify',
      userId: 'ada',
      traits: { billingUserId: 'cus_1' },
    });
    await fromStripe(stripeEvent('customer.deleted', stripeCustomer(1)));
    expect(await exported()).toEqual(['ada,,,cus_1']);
  });

  test('other events are accepted and do nothing', async () => {
    expect((await fromStripe(stripeEvent('invoice.paid', { id: 'in_1' }))).statusCode).toBe(200);
    expect(await exported()).toEqual([]);
  });

  test.each([
    ['no signature', () => ({})],
    ['the signature of another secret', (payload: string) => signed(payload, seconds(), 'whsec_other')],
    ['the signature of another body', () => signed('{}')],
    ['a signature of an hour ago', (payload: string) => signed(payload, seconds() - 3_600)],
    ['nonsense', () => ({ 'stripe-signature': 't=,v1=' })],
  ])('%s is refused, and nothing is taken over', async (_, headersOf) => {
    const payload = stripeEvent('customer.created', stripeCustomer(1));
    const { statusCode, body } = await post('stripe', payload, headersOf(payload));
    expect(statusCode).toBe(401);
    expect(JSON.parse(body)).toEqual({ code: 'invalid_signature', message: expect.any(String) });
    expect(await exported()).toEqual([]);
  });

  test('signed, but no event of a customer', async () => {
    for (const payload of [
      'no JSON',
      'null',
      '{"type":"customer.created","created":1,"id":"e","data":{"object":{}}}',
    ]) {
      expect({ payload, status: (await fromStripe(payload)).statusCode }).toEqual({ payload, status: 400 });
    }
  });
});

describe('Chargebee', () => {
  test('a customer that is created, then changed, is a user that follows, by its version', async () => {
    const at = (version: number, more: object = {}) =>
      chargebeeCustomer(1, { resource_version: version, ...more });
    await fromChargebee(chargebeeEvent('customer_changed', at(1_790_000_002_000, { first_name: 'New' })));
    await fromChargebee(chargebeeEvent('customer_created', at(1_790_000_001_000), seconds() + 50));
    expect(await exported()).toEqual([expect.stringMatching(/^imp_[\w-]+,user-1@example\.com,New 1,cb-1$/)]);
  });

  test.each(['', 'Bearer x', `Basic ${Buffer.from('hook:other').toString('base64')}`, 'Basic ???'])(
    'the authorization %j is refused',
    async (authorization) => {
      const { statusCode } = await fromChargebee(
        chargebeeEvent('customer_created', chargebeeCustomer(1)),
        authorization,
      );
      expect(statusCode).toBe(401);
      expect(await exported()).toEqual([]);
    },
  );

  test('what is no event is refused, and other events do nothing', async () => {
    expect((await fromChargebee('no JSON')).statusCode).toBe(400);
    expect((await fromChargebee(chargebeeEvent('invoice_updated', chargebeeCustomer(1)))).statusCode).toBe(
      200,
    );
    expect(await exported()).toEqual([]);
  });
});

test('without a secret the answer is 503, so that the provider sends again', async () => {
  admin.billing.key = '{}';
  const payload = stripeEvent('customer.created', stripeCustomer(1));
  expect((await fromStripe(payload)).statusCode).toBe(503);
  expect((await fromChargebee(chargebeeEvent('customer_created', chargebeeCustomer(1)))).statusCode).toBe(
    503,
  );
});

test('with a store that is down the answer is 503, and sent again it is taken over', async () => {
  const down = interruptedDynamo(dynamo.endpoint, () => 'fail');
  const payload = stripeEvent('customer.created', stripeCustomer(1));
  expect((await fromStripe(payload, createImportsFunction(down, tables, admin))).statusCode).toBe(503);
  down.destroy();
  expect((await fromStripe(payload)).statusCode).toBe(200);
  expect(await exported()).toHaveLength(1);
});

test('other paths, methods and sizes are refused', async () => {
  expect((await post('paypal', '{}', {})).statusCode).toBe(404);
  expect((await post('stripe', '{}', {}, 'GET')).statusCode).toBe(405);
  for (const provider of ['stripe', 'chargebee'])
    expect((await post(provider, 'x'.repeat(300_000), {})).statusCode).toBe(413);
});

test('a fault of ours is 500 and says nothing of its inside', async () => {
  const broken = interruptedDynamo(dynamo.endpoint, () => {
    throw new Error('secret inside');
  });
  const by = createImportsFunction(broken, tables, admin);
  const created = stripeEvent('customer.created', stripeCustomer(1));
  const changed = chargebeeEvent('customer_created', chargebeeCustomer(1));
  for (const { statusCode, body } of [
    await fromStripe(created, by),
    await post('chargebee', changed, { authorization: BASIC }, 'POST', by),
  ]) {
    expect(statusCode).toBe(500);
    expect(body).not.toContain('inside');
  }
  broken.destroy();
});

test('every status that the document gives these webhooks has been answered above', () => {
  const statuses = [200, 400, 401, 413, 500, 503];
  const documented = judge.webhooks.flatMap(({ id, path }) => {
    const { responses } = judge.document.paths[path]?.['post'] ?? { responses: {} };
    expect(Object.keys(responses).map(Number)).toEqual(statuses);
    return statuses.map((status) => `${id} ${String(status)}`);
  });
  expect(documented.filter((pair) => !answered.has(pair))).toEqual([]);
});
