import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { createImportsFunction } from './imports-function.ts';
import {
  chargebeeCustomer,
  startChargebee,
  startStripe,
  stripeCustomer,
  type ProviderStub,
  type Refusal,
} from './provider-stub.ts';

// The providers' own clients against their lists on this machine.

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;
let stubs: Record<'stripe' | 'chargebee', ProviderStub>;
let imports: ReturnType<typeof createImportsFunction>;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  tables = await dynamo.tables();
  admin = createAdmin(dynamo.client, tables);
  admin.billing.key = JSON.stringify({
    stripeApiKey: 'sk_test',
    chargebeeSite: '127.0.0',
    chargebeeApiKey: 'cb_test',
  });
  await admin.call('PATCH', '/api/settings', { body: { chargebee: { enabled: true } } });
  stubs = { stripe: await startStripe(), chargebee: await startChargebee() };
  imports = createImportsFunction(dynamo.client, tables, admin, {
    stripe: stubs.stripe.port,
    chargebee: stubs.chargebee.port,
  });
});
afterEach(async () => {
  await Promise.all(Object.values(stubs).map((stub) => stub.close()));
});

const PROVIDERS = [
  { name: 'stripe' as const, customer: stripeCustomer, prefix: 'cus_' },
  { name: 'chargebee' as const, customer: chargebeeCustomer, prefix: 'cb-' },
];

async function start(name: string): Promise<string> {
  const { status, body } = await admin.call('POST', `/api/imports/${name}`);
  expect(status).toBe(202);
  return z.object({ import: z.object({ id: z.string() }) }).parse(body).import.id;
}
const progress = async (id: string) => (await admin.call('GET', `/api/imports/${id}`)).body;
const exported = async () =>
  (await admin.call('GET', '/api/users/export.csv')).text.trim().split('\r\n').slice(1);

const limited = (name: string): Refusal =>
  name === 'stripe'
    ? {
        status: 429,
        headers: { 'retry-after': '7' },
        body: { error: { type: 'rate_limit_error', message: 'Too many' } },
      }
    : {
        status: 429,
        headers: { 'retry-after': '7' },
        body: { api_error_code: 'api_request_limit_exceeded', message: 'Too many' },
      };
const broken = (name: string): Refusal =>
  name === 'stripe'
    ? {
        status: 500,
        headers: { 'stripe-should-retry': 'false' },
        body: { error: { type: 'api_error', message: 'Oops' } },
      }
    : { status: 500, body: { api_error_code: 'internal_error', message: 'Oops' } };
const badKey = (name: string): Refusal =>
  name === 'stripe'
    ? {
        status: 401,
        body: { error: { type: 'invalid_request_error', message: 'Invalid API Key provided: sk_test' } },
      }
    : { status: 401, body: { api_error_code: 'api_authentication_failed', message: 'Sorry' } };

describe.each(PROVIDERS)('$name', ({ name, customer, prefix }) => {
  test('every customer becomes a user, page by page, and importing again changes nothing', async () => {
    for (let n = 0; n < 250; n += 1) stubs[name].customers.push(customer(n));
    const id = await start(name);
    await imports.work();
    expect(await progress(id)).toMatchObject({
      kind: name,
      status: 'done',
      total: 250,
      done: 250,
      counts: { create: 250 },
    });
    expect(stubs[name].requests).toHaveLength(3);
    expect(stubs[name].keys[0]).toMatch(/^(Bearer|Basic) /);
    const users = await exported();
    expect(users).toHaveLength(250);
    expect(users.some((line) => line.endsWith(`,user-7@example.com,Name 7,${prefix}7`))).toBe(true);
    admin.clock.now += 1_000;
    const again = await start(name);
    await imports.work();
    expect(await progress(again)).toMatchObject({
      status: 'done',
      counts: { create: 0, update: 0, unchanged: 250 },
    });
    expect(await exported()).toEqual(users);
  });

  test('an email of exactly one user fills in that user, a shared one does not', async () => {
    await admin.settle(
      {
        messageId: '1',
        type: 'identify',
        userId: 'ada',
        traits: { email: 'user-1@example.com', name: 'Ada' },
      },
      { messageId: '2', type: 'identify', userId: 'bob', traits: { email: 'user-2@example.com' } },
      { messageId: '3', type: 'identify', userId: 'eve', traits: { email: 'user-2@example.com' } },
    );
    stubs[name].customers.push(customer(1), customer(2));
    const id = await start(name);
    await imports.work();
    expect(await progress(id)).toMatchObject({ counts: { update: 1, create: 1 } });
    expect(await exported()).toEqual(
      expect.arrayContaining([
        `ada,user-1@example.com,Ada,${prefix}1`,
        'bob,user-2@example.com,,',
        'eve,user-2@example.com,,',
      ]),
    );
  });

  test.each([
    ['a limit on requests', limited],
    ['a fault', broken],
  ] as const)(
    '%s in the middle: it goes on where it was, and each customer is done once',
    async (_, refusal) => {
      for (let n = 0; n < 150; n += 1) stubs[name].customers.push(customer(n));
      const id = await start(name);
      stubs[name].refusals.push(refusal(name));
      await imports.work();
      expect(await progress(id)).toMatchObject({
        status: 'done',
        done: 150,
        counts: { create: 150, unchanged: 0 },
      });
    },
  );

  test('a key that the provider does not know ends the import with what to do', async () => {
    stubs[name].refusals.push(badKey(name));
    const id = await start(name);
    await imports.work();
    expect(await progress(id)).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/billing secret/),
    });
  });

  test('customers that are deleted between two pages do not stop it, and nobody is done twice', async () => {
    for (let n = 0; n < 150; n += 1) stubs[name].customers.push(customer(n));
    const id = await start(name);
    const [body = ''] = admin.importQueue.sent;
    // After one page: the last customer of it goes, by whose id Stripe would page.
    admin.importQueue.sent.length = 0;
    const original = stubs[name].requests.push.bind(stubs[name].requests);
    stubs[name].requests.push = (...urls) => {
      if (stubs[name].requests.length === 1 && name === 'stripe') stubs[name].customers.splice(50, 1);
      return original(...urls);
    };
    admin.importQueue.sent.push(body);
    await imports.work();
    expect(await progress(id)).toMatchObject({ status: 'done', counts: { create: 150 } });
  });

  test('a customer with little to say is taken as it is', async () => {
    stubs[name].customers.push(
      customer(1, { email: null, name: null, first_name: undefined, last_name: undefined }),
    );
    const id = await start(name);
    await imports.work();
    expect(await progress(id)).toMatchObject({ counts: { create: 1 } });
    expect((await exported())[0]).toMatch(new RegExp(`,,,${prefix}1$`));
  });

  test('nothing at all is an import of nothing', async () => {
    const id = await start(name);
    await imports.work();
    expect(await progress(id)).toMatchObject({ status: 'done', total: 0, done: 0 });
  });
});

test('a provider that is away for a day is given up', async () => {
  const id = await start('stripe');
  admin.clock.now += 25 * 3_600_000;
  await imports.work();
  expect(await progress(id)).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('within a day'),
  });
});
