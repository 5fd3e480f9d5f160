import { ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import Stripe from 'stripe';
import { readOptionalN, type Item } from '../../../adapters/attributes.ts';
import { inflateBody } from '../../../adapters/event-item.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { createAdmin, fieldOf } from '../../support/admin.ts';
import { context, createPipeline, startEngines, type Engines } from '../../support/pipeline.ts';
import { createImportsFunction } from '../imports/imports-function.ts';
import { stripeCustomer } from '../imports/provider-stub.ts';

// One person, known in every way in which a person can become known, is a canary in everything that anybody can write of
// them. After the erasure all tables are searched, what is packed in them too, all queues, dead letters and logs.

let engines: Engines;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});

const CANARY = 'canary-51c2';
const EMAIL = `${CANARY}@example.com`;
const NOON = Date.parse('2026-11-23T12:00:00Z');
const DAY_SECONDS = 86_400;

test('of a deleted user nothing is left but answers of ours and the verdicts of a file, which go by themselves', async () => {
  const lines: unknown[] = [];
  const spies = (['log', 'warn', 'error', 'info', 'debug'] as const).map((level) =>
    jest.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts)),
  );
  const pipeline = await createPipeline(engines);
  const admin = createAdmin(pipeline.client, pipeline.tables);
  await admin.call('POST', '/api/features', { body: { id: 'exports' } });
  const event = (messageId: string, more: object) => ({
    messageId: `${CANARY} ${messageId}`,
    userId: CANARY,
    anonymousId: CANARY,
    timestamp: '2026-11-23T10:00:00Z',
    context: { ip: CANARY, page: { url: CANARY, title: CANARY }, traits: { email: EMAIL } },
    integrations: { [CANARY]: true },
    ...more,
  });
  const track = (messageId: string, name: string, properties: object = {}) =>
    event(messageId, { type: 'track', event: name, properties: { ...properties, [CANARY]: CANARY } });
  const personas = (computation_class: string) => ({
    computation_class,
    computation_key: `${CANARY}-${computation_class}`,
  });

  // From files and providers, before anything is sent.
  const csv = `userId,email,name,billingId,${CANARY}\n,${EMAIL},${CANARY},,x\n${CANARY}-2,,${CANARY},,x\n`;
  const headers = { 'content-type': 'text/csv', 'idempotency-key': 'import-1' };
  const bytes = new Uint8Array(Buffer.from(csv));
  expect((await admin.call('POST', '/api/users/import', { bytes, headers })).status).toBe(200);
  admin.billing.key = JSON.stringify({ stripeWebhookSecret: 'whsec_test' });
  const customer = stripeCustomer(1, {
    id: `cus_${CANARY}s`,
    email: `${CANARY}-s@example.com`,
    name: CANARY,
  });
  const payload = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'customer.created',
    created: NOON / 1000,
    data: { object: customer },
  });
  const signature = Stripe.webhooks.generateTestHeaderString({
    payload,
    secret: 'whsec_test',
    timestamp: NOON / 1000,
  });
  const webhook = {
    rawPath: '/api/webhooks/stripe',
    headers: { 'stripe-signature': signature },
    body: payload,
    isBase64Encoded: false,
    requestContext: { http: { method: 'POST' } },
  };
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the rest of such an event is never looked at
  const asEvent = webhook as unknown as APIGatewayProxyEventV2;
  expect(await createImportsFunction(pipeline.client, pipeline.tables, admin).invoke(asEvent)).toMatchObject({
    statusCode: 200,
  });

  // Everything that Segment can send: taken, refused, damaged, sent twice with two bodies.
  await pipeline.webhook([
    event('identify', {
      type: 'identify',
      traits: { name: CANARY, email: EMAIL, billingUserId: `cus_${CANARY}s`, plan: CANARY },
    }),
    event('second email', { type: 'identify', traits: { email: `${CANARY}-s@example.com` } }),
    event('audience', {
      type: 'identify',
      traits: { [`${CANARY}-audience`]: true },
      context: { personas: personas('audience') },
    }),
    event('trait', {
      type: 'identify',
      traits: { [`${CANARY}-trait`]: CANARY },
      context: { personas: personas('trait') },
    }),
    track('mapped', CANARY, { featureId: 'exports', delta: 2 }),
    track('unmapped', CANARY),
    track('of no feature', 'Exported', { featureId: CANARY }),
    track('damaged', 'Exported', { featureId: 'exports' }),
  ]);
  await pipeline.webhook([track('mapped', CANARY, { other: CANARY }), track('', ''), { type: CANARY }]);
  await pipeline.webhook([event('refused', { type: 'page' }), { type: 'track', anonymousId: CANARY }]);
  await pipeline.send({ body: `{"type":"track","userId":"${CANARY}"` });
  await pipeline.send({ path: '/v1/track', body: JSON.stringify({ event: CANARY, anonymousId: CANARY }) });
  await pipeline.client.send(
    new UpdateItemCommand({
      TableName: pipeline.tables.events,
      Key: { pk: { S: `e#${eventKeyOf(`${CANARY} damaged`)}` }, sk: { S: 'e' } },
      UpdateExpression: 'SET b = :b',
      ExpressionAttributeValues: { ':b': { B: Buffer.from(CANARY) } },
    }),
  );
  const records = await pipeline.sqs.receive(pipeline.queues.events);
  await pipeline.process({ Records: records }, context());
  const lastChance = records.map((record) => ({
    ...record,
    eventSourceARN: pipeline.queues.lastChance.arn,
  }));
  await pipeline.process({ Records: lastChance }, context());

  // What people do with it.
  const merging = { survivorId: CANARY, absorbedId: `${CANARY}-2` };
  const merged = await admin.call('POST', '/api/users/merge', {
    body: merging,
    headers: { 'idempotency-key': 'merge-1' },
  });
  expect(merged.status).toBe(200);
  await admin.call('POST', '/api/users/resolve', { body: { userId: CANARY, traits: { email: EMAIL } } });
  for (const path of [
    `users/${CANARY}`,
    `usage?userId=${CANARY}`,
    'unmapped',
    'feed',
    'events?status=quarantined',
  ])
    expect((await admin.call('GET', `/api/${path}`)).status).toBe(200);
  expect(await everywhere()).toMatch(
    new RegExp(`${CANARY} damaged.*quarantined|quarantined.*${CANARY} damaged`),
  );

  pipeline.clock.now += 60_000;
  admin.clock.now = pipeline.clock.now;
  const asked = await admin.call('DELETE', `/api/users/${CANARY}`, {
    headers: { 'idempotency-key': 'delete-1' },
  });
  expect(asked.status).toBe(202);
  for (const waitMs of [0, 11 * 60_000]) {
    pipeline.clock.now += waitMs;
    await pipeline.tick();
    await pipeline.drainSweeps();
  }
  admin.clock.now = pipeline.clock.now;
  const receipt = await admin.call('GET', `/api/erasures/${fieldOf(asked, 'erasureId')}`);
  expect(receipt.body).toMatchObject({ status: 'done' });

  // Answers that may be asked for again, and the verdicts and columns of a file: docs/erasure.md says so.
  const left = (await items()).filter((item) => textOf(item).includes(CANARY));
  expect(left.map(kindOf).toSorted()).toEqual(['idem', 'idem', 'idem', 'import', 'imports']);
  for (const item of left) {
    const days = kindOf(item) === 'idem' ? 1 : 7;
    expect(readOptionalN(item, 'ttl')).toBeLessThanOrEqual(admin.clock.now / 1000 + days * DAY_SECONDS);
  }
  for (const queue of Object.values(pipeline.queues))
    expect(JSON.stringify(await pipeline.sqs.receive(queue))).not.toContain(CANARY);
  for (const record of records) expect(record.body).not.toContain(CANARY);
  expect(JSON.stringify(admin.importQueue)).not.toContain(CANARY);
  for (const spy of spies) spy.mockRestore();
  expect(lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(lines)).not.toContain(CANARY);

  async function items(): Promise<Item[]> {
    const pages = await Promise.all(
      Object.values<string>({ ...pipeline.tables }).map((TableName) =>
        pipeline.client.send(new ScanCommand({ TableName, ConsistentRead: true })),
      ),
    );
    expect(pages.filter(({ LastEvaluatedKey: more }) => more !== undefined)).toEqual([]);
    return pages.flatMap(({ Items: page }) => page ?? []);
  }
  async function everywhere(): Promise<string> {
    return (await items()).map(textOf).join('\n');
  }
});

const kindOf = (item: Item): string => item['pk']?.S?.split('#')[0] ?? '';

/** All that an item says, unpacked where it is packed. */
function textOf(item: Item): string {
  const packed = Object.values(item).flatMap(({ B: bytes }) =>
    bytes === undefined ? [] : [unpacked(bytes)],
  );
  return [JSON.stringify(item), ...packed].join(' ');
}

function unpacked(bytes: Uint8Array): string {
  const plain = Buffer.from(bytes).toString('latin1');
  try {
    // Reads whatever is deflated, bodies with their dictionary too.
    return `${plain} ${inflateBody(bytes)}`;
  } catch {
    return plain;
  }
}
