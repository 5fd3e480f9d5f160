import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ADMIN_KEY, createAdmin, type Admin } from '../support/admin.ts';
import {
  createPipeline,
  startEngines,
  toFunctionUrlEvent,
  type Engines,
  type Pipeline,
} from '../support/pipeline.ts';
import { createImportsFunction } from './imports/imports-function.ts';

// A secret that is nearly right is answered like one that is not right at all: the same status, the same words, whatever its
// length and wherever it differs, and never a fault. That nothing but digests is compared, so that the time is the same too,
// is a rule of the layout (scripts/layout/secret-comparison.ts).

const SIGNATURE_SECRET = 'shared-with-segment';

let engines: Engines;
let pipeline: Pipeline;
let admin: Admin;
let imports: ReturnType<typeof createImportsFunction>;

beforeAll(async () => {
  engines = await startEngines();
  pipeline = await createPipeline(engines);
  admin = createAdmin(engines.dynamo.client, pipeline.tables);
  admin.clock.now = pipeline.clock.now;
  admin.billing.key = JSON.stringify({
    stripeWebhookSecret: 'whsec_of_the_test',
    chargebeeWebhookUsername: 'hook',
    chargebeeWebhookPassword: 'word-of-the-hook',
  });
  imports = createImportsFunction(engines.dynamo.client, pipeline.tables, admin);
});
afterAll(() => engines.stop());

/** Each differs from the secret, most of them by as little as can be. */
function nearlyThe(secret: string): readonly string[] {
  const other = (letter = ''): string => (letter === 'x' ? 'y' : 'x');
  const middle = Math.floor(secret.length / 2);
  return [
    'x',
    secret.slice(0, -1),
    secret.slice(1),
    `${secret}x`,
    `x${secret}`,
    `${secret}${secret}`,
    ...[0, middle, secret.length - 1].map(
      (at) => secret.slice(0, at) + other(secret[at]) + secret.slice(at + 1),
    ),
    'x'.repeat(secret.length),
    'x'.repeat(200),
  ];
}

/** What answers say, each once. */
const wordsOf = (
  answers: readonly { readonly status: number; readonly text: string }[],
): readonly string[] => [...new Set(answers.map(({ status, text }) => `${String(status)} ${text}`))];

describe('one answer to every secret that is not right', () => {
  test('the admin key', async () => {
    const answers = await Promise.all(
      nearlyThe(ADMIN_KEY).map((key) => admin.call('GET', '/api/features', { key })),
    );
    expect(wordsOf(answers)).toEqual([expect.stringMatching(/^401 .*"invalid_key"/)]);
    expect((await admin.call('GET', '/api/features')).status).toBe(200);
  });

  test('an API key', async () => {
    const key = 'th_read_of_this_test';
    await admin.keys.ensure(key, { scope: 'read', name: 'reader' }, admin.clock.now);
    const answers = await Promise.all(
      nearlyThe(key).map((near) => admin.call('GET', '/api/features', { key: near })),
    );
    expect(wordsOf(answers)).toEqual([expect.stringMatching(/^401 .*"invalid_key"/)]);
    expect((await admin.call('GET', '/api/features', { key })).status).toBe(200);
  });

  test('the token of a session, and the one of its changes', async () => {
    const headers = await admin.signIn();
    const [name = '', token = ''] = headers.cookie.split('=');
    const sessions = await Promise.all(
      nearlyThe(token)
        .filter(({ length }) => length === token.length)
        .map((near) =>
          admin.call('GET', '/api/session', { key: null, headers: { cookie: `${name}=${near}` } }),
        ),
    );
    expect(wordsOf(sessions)).toEqual([expect.stringMatching(/^401 .*"invalid_session"/)]);
    const change = (csrfToken: string) =>
      admin.call('POST', '/api/features', {
        key: null,
        headers: { ...headers, 'x-csrf-token': csrfToken },
        body: { id: 'of-nobody' },
      });
    const changes = await Promise.all(nearlyThe(headers['x-csrf-token']).map(change));
    expect(wordsOf(changes)).toEqual([expect.stringMatching(/^403 .*"invalid_csrf_token"/)]);
    expect((await admin.call('GET', '/api/features/of-nobody')).status).toBe(404);
    expect((await change(headers['x-csrf-token'])).status).toBe(201);
  });

  test('an ingest key, and the signature of a webhook', async () => {
    const key = 'th_ingest_that_signs';
    const { id } = await pipeline.keys.ensure(key, { scope: 'ingest', name: 'signs' }, pipeline.clock.now);
    await pipeline.keys.setSignatureSecrets(id, [SIGNATURE_SECRET]);
    const body = JSON.stringify({ type: 'identify', messageId: 'signed', userId: 'u1' });
    const send = async (given: string, signature: string) => {
      const answer = await pipeline.send({
        headers: { authorization: `Bearer ${given}`, 'x-signature': signature },
        body,
      });
      return { status: answer.status, text: JSON.stringify(answer.body) };
    };
    const right = createHmac('sha1', SIGNATURE_SECRET).update(body).digest('hex');
    const flipped = (at: number): string =>
      right.slice(0, at) + (right[at] === '0' ? '1' : '0') + right.slice(at + 1);
    const signatures = [flipped(0), flipped(39), right.slice(1), `${right}0`, '0'.repeat(40), 'x'];
    expect(wordsOf(await Promise.all(nearlyThe(key).map((near) => send(near, right))))).toEqual([
      expect.stringMatching(/^401 .*"invalid_key"/),
    ]);
    expect(wordsOf(await Promise.all(signatures.map((near) => send(key, near))))).toEqual([
      expect.stringMatching(/^401 .*"invalid_signature"/),
    ]);
    expect((await send(key, right)).status).toBe(200);
  });

  test('the password of a webhook', async () => {
    const post = async (username: string, password: string) => {
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      const event: APIGatewayProxyEventV2 = toFunctionUrlEvent({
        path: '/api/webhooks/chargebee',
        headers: { authorization },
        body: '{}',
      });
      const answer: unknown = await imports.invoke(event);
      return { status: 0, text: JSON.stringify(answer) };
    };
    const answers = await Promise.all([
      ...nearlyThe('word-of-the-hook').map((near) => post('hook', near)),
      ...nearlyThe('hook').map((near) => post(near, 'word-of-the-hook')),
    ]);
    expect(wordsOf(answers)).toEqual([expect.stringContaining('"statusCode":401')]);
    // Right, and no event: only now is the body read.
    expect((await post('hook', 'word-of-the-hook')).text).toContain('"statusCode":400');
  });
});
