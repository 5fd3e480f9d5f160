import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { INGEST_KEY, startEngines, type Engines } from '../../support/pipeline.ts';
import { sendRaw } from '../../support/ingest-server.ts';
import { startIngest, type Ingest } from './start-ingest.ts';
import { webhookDestination, type WebhookMapping } from './webhook-destination.ts';

// Segment's webhook destination on Segment's framework, over real HTTP.

let engines: Engines;
let ingest: Ingest;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  ingest = await startIngest(engines);
});
afterEach(async () => {
  await ingest.server.stop();
});

const SECRET = 'shared secret with ünïcode';

const mapping = (more: Partial<WebhookMapping> = {}): WebhookMapping => ({
  url: `${ingest.server.url}/segment`,
  headers: { Authorization: `Bearer ${INGEST_KEY}` },
  ...more,
});

const used = (messageId: string, more: object = {}) => ({
  type: 'track' as const,
  event: 'Used',
  userId: 'u1',
  messageId,
  timestamp: '2026-11-23T11:00:00.000Z',
  properties: { featureId: 'f1' },
  ...more,
});

/** What JSON encoders like to change on the way. */
const AWKWARD = {
  properties: {
    featureId: 'f1',
    text: 'é 😀 \u2028 \ud800 "\\" </script>',
    big: 1e21,
    zero: -0,
    nothing: null,
    empty: '',
    date: new Date(0),
    nested: { '10': 1, '2': 2, b: [null, {}] },
  },
};

async function requireSignatures(...secrets: string[]): Promise<void> {
  const [key] = await ingest.pipeline.keys.list();
  await ingest.pipeline.keys.setSignatureSecrets(key?.id ?? '', secrets);
}

const statuses = (): number[] => ingest.server.seen.map(({ status }) => status);

describe('the webhook destination', () => {
  test('sends an event as it is, with the headers of the contract, and it counts', async () => {
    await webhookDestination([mapping()]).send(used('m1'));
    const [request] = ingest.server.seen;
    expect(request?.status).toBe(200);
    expect(request?.headers).toMatchObject({
      'user-agent': 'Segment (Actions)',
      'content-type': 'application/json',
      accept: '*/*',
    });
    expect(request?.headers).not.toHaveProperty('x-signature');
    expect(request?.headers).not.toHaveProperty('content-encoding');
    expect(await ingest.usage('u1')).toEqual({ sum: '1', count: 1 });
  });

  test.each(['POST', 'PUT', 'PATCH'] as const)('may use %s', async (method) => {
    await webhookDestination([mapping({ method })]).send(used('m1'));
    expect(ingest.server.seen.map((request) => [request.method, request.status])).toEqual([[method, 200]]);
  });

  test('with several mappings sends one event several times, and it counts once', async () => {
    const mappings = [mapping(), mapping({ method: 'PUT' }), mapping({ method: 'PATCH' })];
    await webhookDestination(mappings).send(used('m1'));
    expect(statuses()).toEqual([200, 200, 200]);
    expect(await ingest.usage('u1')).toEqual({ sum: '1', count: 1 });
  });

  test('sends a batch as an array, with null for events that map to nothing, and all others count', async () => {
    const data = { '@path': '$.properties.whole' };
    const events = ['m1', 'm2', 'm3'].map((messageId) => ({
      ...used(messageId),
      properties: messageId === 'm2' ? {} : { whole: used(messageId) },
    }));
    await webhookDestination([mapping({ data })]).sendBatch(events);
    const [request] = ingest.server.seen;
    expect(JSON.parse(request?.body.toString('utf8') ?? '')).toMatchObject([{}, null, {}]);
    expect(JSON.parse(request?.answer ?? '')).toMatchObject({
      results: [{ status: 200 }, { status: 400, code: 'invalid_event' }, { status: 200 }],
    });
    expect(await ingest.usage('u1')).toEqual({ sum: '2', count: 2 });
  });

  test('gives an event up that is answered with 400 or 501', async () => {
    await expect(webhookDestination([mapping()]).send({ ...used('m1'), userId: null })).rejects.toMatchObject(
      {
        response: { status: 400 },
      },
    );
    await expect(
      webhookDestination([mapping()]).send({ type: 'page', userId: 'u1', messageId: 'm2' }),
    ).rejects.toMatchObject({
      response: { status: 501, data: { message: expect.stringContaining('page') } },
    });
    expect(await ingest.usage('u1')).toEqual({ sum: '0', count: 0 });
  });
});

describe('a signature of Segment', () => {
  test('of a single event is the HMAC of the very bytes, and is accepted', async () => {
    await requireSignatures(SECRET);
    await webhookDestination([mapping()], { sharedSecret: SECRET }).send(used('m1', AWKWARD));
    const [request] = ingest.server.seen;
    const { 'x-signature': signature } = request?.headers ?? {};
    expect(signature).toMatch(/^[0-9a-f]{40}$/);
    expect(signature).toBe(
      createHmac('sha1', SECRET)
        .update(request?.body ?? '')
        .digest('hex'),
    );
    expect(request?.status).toBe(200);
    expect(await ingest.usage('u1')).toEqual({ sum: '1', count: 1 });
  });

  test('of a batch covers its first element only, and is accepted', async () => {
    await requireSignatures(SECRET);
    const events = ['m1', 'm2', 'm3'].map((messageId) => used(messageId, AWKWARD));
    await webhookDestination([mapping()], { sharedSecret: SECRET }).sendBatch(events);
    const [request] = ingest.server.seen;
    expect(request?.status).toBe(200);
    const whole = createHmac('sha1', SECRET)
      .update(request?.body ?? '')
      .digest('hex');
    expect(request?.headers['x-signature']).not.toBe(whole);
    expect(await ingest.usage('u1')).toEqual({ sum: '3', count: 3 });
  });

  test('of the whole batch, in the header that newer webhooks offer, covers every element', async () => {
    await requireSignatures(SECRET);
    const destination = webhookDestination([mapping()], {
      sharedSecret: SECRET,
      useSegmentSignatureHeader: true,
    });
    await destination.send(used('m1', AWKWARD));
    await destination.sendBatch([used('m2', AWKWARD), used('m3')]);
    expect(statuses()).toEqual([200, 200]);
    const [, request] = ingest.server.seen;
    expect(request?.headers).not.toHaveProperty('x-signature');
    const headers = {
      authorization: `Bearer ${INGEST_KEY}`,
      'x-segment-signature': String(request?.headers['x-segment-signature']),
    };
    const body = Buffer.from((request?.body.toString('utf8') ?? '').replace('"m3"', '"m4"'));
    expect((await sendRaw(ingest.server, { method: 'POST', path: '/segment', headers, body })).status).toBe(
      401,
    );
    expect(await ingest.usage('u1')).toEqual({ sum: '3', count: 3 });
  });

  test('of a batch stays good when the rest is replaced, which is why a key is needed as well', async () => {
    await requireSignatures(SECRET);
    await webhookDestination([mapping()], { sharedSecret: SECRET }).sendBatch([used('m1'), used('m2')]);
    const [request] = ingest.server.seen;
    const signature = String(request?.headers['x-signature']);
    const first = (request?.body.toString('utf8') ?? '').slice(1).split(',{"type"')[0] ?? '';
    const forged = Buffer.from(`[${first},${JSON.stringify(used('m3'))}]`);
    const forgedWith = (headers: Record<string, string>) =>
      sendRaw(ingest.server, { method: 'POST', path: '/segment', headers, body: forged });
    expect((await forgedWith({ 'x-signature': signature })).status).toBe(401);
    expect(
      (await forgedWith({ 'x-signature': signature, authorization: `Bearer ${INGEST_KEY}` })).status,
    ).toBe(200);
  });

  test('is accepted with either of two secrets, and no third', async () => {
    await requireSignatures('new', 'old');
    await webhookDestination([mapping()], { sharedSecret: 'old' }).send(used('m1'));
    await webhookDestination([mapping()], { sharedSecret: 'new' }).sendBatch([used('m2')]);
    await expect(
      webhookDestination([mapping()], { sharedSecret: 'other' }).send(used('m3')),
    ).rejects.toThrow();
    expect(statuses()).toEqual([200, 200, 401]);
    expect(await ingest.usage('u1')).toEqual({ sum: '2', count: 2 });
  });

  test('survives a proxy that writes the JSON anew with other white space', async () => {
    await requireSignatures(SECRET);
    await webhookDestination([mapping()], { sharedSecret: SECRET }).sendBatch([
      used('m1', AWKWARD),
      used('m2'),
    ]);
    const [request] = ingest.server.seen;
    const body = Buffer.from(JSON.stringify(JSON.parse(request?.body.toString('utf8') ?? ''), null, 2));
    const headers = {
      authorization: `Bearer ${INGEST_KEY}`,
      'x-signature': String(request?.headers['x-signature']),
    };
    expect((await sendRaw(ingest.server, { method: 'POST', path: '/segment', headers, body })).status).toBe(
      200,
    );
  });

  test('is missing where the first of a batch maps to nothing, and that is 401', async () => {
    await requireSignatures(SECRET);
    const data = { '@path': '$.properties.whole' };
    const events = [
      { ...used('m1'), properties: {} },
      { ...used('m2'), properties: { whole: used('m2') } },
    ];
    await expect(
      webhookDestination([mapping({ data })], { sharedSecret: SECRET }).sendBatch(events),
    ).rejects.toMatchObject({ response: { status: 401 } });
    const [request] = ingest.server.seen;
    expect(request?.headers).not.toHaveProperty('x-signature');
    expect(request?.body.toString('utf8').startsWith('[null,')).toBe(true);
    expect(request?.answer).toContain('missing_signature');
    expect(await ingest.usage('u1')).toEqual({ sum: '0', count: 0 });
  });

  test('of a part of the event does not help where the event is not whole: the answer names what is missing', async () => {
    await requireSignatures(SECRET);
    const data = { '@path': '$.properties' };
    await expect(
      webhookDestination([mapping({ data })], { sharedSecret: SECRET }).send(used('m1')),
    ).rejects.toMatchObject({ response: { status: 400, data: { code: 'missing_type' } } });
  });

  test('of what was sent before something was added is 401', async () => {
    await requireSignatures(SECRET);
    const signed = JSON.stringify(used('m1'));
    const headers = {
      authorization: `Bearer ${INGEST_KEY}`,
      'x-signature': createHmac('sha1', SECRET).update(signed).digest('hex'),
    };
    const body = Buffer.from(JSON.stringify({ ...used('m1'), extras: true }));
    const answer = await sendRaw(ingest.server, { method: 'POST', path: '/segment', headers, body });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('invalid_signature');
  });
});
