import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { quarantineEvent } from '../e2e/quarantined-event.ts';
import {
  ADMIN_KEY,
  startRuntimeProcess,
  temporaryDataDir,
  type RuntimeProcess,
} from '../support/runtime-process.ts';
import { until } from '../support/until.ts';
import {
  changeThePast,
  createFeatures,
  createKeys,
  doTheRest,
  leave,
  lookAtEvents,
  mapUnmapped,
  mergeAndUndo,
  readArrivals,
  readUsage,
  reconcile,
  redriveQuarantined,
  sendEvents,
  signIn,
  type BackendFlow,
} from './typed-client/backend-flow.ts';
import { good } from './typed-client/api-client.ts';
import { typeProblems } from './typed-client/check-types.ts';

// The document is enough: a client that is generated from what the running pipeline says about itself is compiled, and then
// does everything that the API offers, over HTTP.

const WAIT_MS = 30_000;

const dataDir = temporaryDataDir();
let pipeline: RuntimeProcess;
let document: string;

beforeAll(async () => {
  pipeline = await startRuntimeProcess(dataDir.path);
  document = await (await fetch(`${pipeline.url}/api/openapi.json`)).text();
}, 60_000);

afterAll(async () => {
  await pipeline.kill();
  dataDir.remove();
});

test('what a backend does compiles against the document, and what the document does not offer does not', async () => {
  const misuse = 'test/system/typed-client/misuse.ts';
  const problems = await typeProblems(document, ['test/system/typed-client/backend-flow.ts'], {
    [misuse]: `
      import type { ApiClient } from './api-client.ts';
      export const misuse = (api: ApiClient) => [
        api.GET('/api/features', { params: { query: { limit: 'ten' } } }),
        api.POST('/api/features', { body: { identifier: 'messages' } }),
        api.GET('/api/nothing'),
      ];`,
  });
  expect(problems.filter((problem) => !problem.startsWith(misuse))).toEqual([]);
  expect(problems.filter((problem) => problem.startsWith(misuse)).length).toBeGreaterThanOrEqual(3);
}, 60_000);

const SENT = ['ada', 'bob', 'ada', 'bob', 'ada', 'ada'].map((userId, index) => ({
  type: 'track',
  messageId: `m${String(index + 1)}`,
  userId,
  event: 'Message Sent',
  timestamp: `2026-11-${String(20 + index)}T10:30:00Z`,
  properties: { plan: index === 5 ? 'free' : 'pro', n: index + 0.5 },
}));
const IDENTIFIED = ['ada', 'bob'].map((userId) => ({
  type: 'identify',
  messageId: `i-${userId}`,
  userId,
  traits: { email: 'ada@example.com' },
}));

test('the client signs in, and does all that the document offers, with exact figures', async () => {
  const called = new Set<string>();
  const flow: BackendFlow = {
    url: pipeline.url,
    adminKey: ADMIN_KEY,
    called: (route) => called.add(route),
    until: (what, isSo) => until(what, isSo, WAIT_MS),
    quarantine: (messageId, featureId) =>
      quarantineEvent(dataDir.path, { messageId, userId: 'eve', properties: { featureId } }),
  };
  const person = await signIn(flow);
  const { ingest, read, reader, refused } = await createKeys(flow, person);
  expect(refused).toBe('403 wrong_scope');
  expect(await createFeatures(person)).toEqual({
    same: true,
    replayed: 'true',
    otherBody: '422 idempotency_key_reused',
    renamed: 'Other',
    features: ['messages'],
  });

  expect((await sendEvents(reader, ingest.secret, [...IDENTIFIED, ...SENT])).status).toBe(200);
  expect((await sendEvents(reader, ingest.secret, [{ type: 'track', event: 'x' }])).status).toBe(400);
  const { suggestions, preview, rule } = await mapUnmapped(flow, person);
  expect(suggestions).toBeGreaterThan(0);
  expect(preview).toMatchObject({
    exact: true,
    scanned: 6,
    matched: 5,
    usage: [{ featureId: 'messages', sum: '12.5', count: 5 }],
    nearMisses: [{ messageId: 'm6', failed: { path: 'properties.plan', found: 'free' } }],
  });

  const total = { sum: '12.5', count: 5 };
  expect(await readUsage(reader)).toEqual({
    windows: [total, total, total],
    paged: ['ada 0.5', 'bob 1.5', 'ada 2.5', 'bob 3.5', 'ada 4.5'],
    csv: [
      'windowStart,featureId,userId,sum,count',
      '2026-11-20T00:00:00.000Z,messages,ada,0.5,1',
      '2026-11-22T00:00:00.000Z,messages,ada,2.5,1',
      '2026-11-24T00:00:00.000Z,messages,ada,4.5,1',
      '',
    ].join('\r\n'),
    top: [
      { userId: 'ada', sum: '7.5', count: 3 },
      { userId: 'bob', sum: '5', count: 2 },
    ],
    ada: [
      { windowStart: '2026-11-01T00:00:00.000Z', featureId: 'messages', userId: 'ada', sum: '7.5', count: 3 },
    ],
  });
  const arrived = { events: IDENTIFIED.length + SENT.length, track: SENT.length, unmapped: SENT.length };
  expect(await readArrivals(reader)).toEqual([arrived, arrived, arrived]);
  expect(await lookAtEvents(reader)).toMatchObject({
    ofUser: ['m5', 'm3', 'm1'],
    unmapped: ['m6'],
    everything: '422 not_possible',
    event: {
      status: 'mapped',
      outcome: { uses: [{ delta: '0.5', ruleId: rule.id }] },
      body: { messageId: 'm1' },
    },
    explanation: { status: 'mapped', now: { rules: [{ ruleId: rule.id, matched: true }] } },
    refusals: ['missing_user_id'],
    accepted: 8,
    overview: { hasEvents: true, features: 1, rules: 1, unmapped: { groups: 1, events: 1 } },
  });
  expect(await mergeAndUndo(person)).toMatchObject({
    effect: 'update',
    found: ['ada', 'bob'],
    groups: ['ada@example.com'],
    sums: ['7.5', expect.any(String), '12.5', '7.5', '5'],
    userIds: ['ada', 'bob'],
    merges: 1,
    flagged: 2,
  });
  expect(await reconcile(flow, person)).toMatchObject({ status: 'done', differenceCount: 0, isListed: true });
  expect(await redriveQuarantined(flow, person)).toEqual({ quarantined: ['poison'], redriven: [1, 1] });
  expect(await changeThePast(flow, person, rule.id)).toEqual({
    planned: [{ featureId: 'messages', sum: '-2.5', count: 0 }],
    // Five events at 2 each, and the one that names the feature itself.
    recounted: '11',
    taken: [{ featureId: 'messages', sum: '-10', count: -5 }],
    left: '1',
    history: ['deleted', 'changed', 'created'],
    rules: 0,
  });
  expect(await doTheRest(flow, person)).toEqual({
    verdicts: ['create', 'create', 'unchanged'],
    rows: 1,
    exported: true,
    providers: ['422 not_possible', '422 not_possible'],
    chargebee: true,
    erasure: true,
  });
  expect(await good(reader.GET('/api/openapi.json'))).toMatchObject({ openapi: '3.1.0' });
  expect(await leave(person, [ingest.id, read.id])).toEqual({
    revoked: 2,
    caller: { id: 'admin-key', scope: 'admin' },
    afterwards: '401 invalid_session',
  });

  expect(routesOf(document).filter((route) => !called.has(route))).toEqual([]);
  expect(pipeline.output()).not.toContain('was denied');
}, 120_000);

/** All that the document offers to a caller; only the providers themselves can sign their webhooks. */
function routesOf(text: string): string[] {
  const { paths } = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(JSON.parse(text));
  return Object.entries(paths)
    .filter(([path]) => !path.startsWith('/api/webhooks/'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
}
