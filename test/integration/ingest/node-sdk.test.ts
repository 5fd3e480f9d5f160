import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Analytics, type AnalyticsSettings } from '@segment/analytics-node';
import * as z from 'zod';
import { INGEST_KEY, startEngines, type Engines } from '../../support/pipeline.ts';
import { startIngest, type Ingest } from './start-ingest.ts';

// The real analytics-node, over real HTTP.

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

const NOW = new Date('2026-11-23T12:00:00Z');

function sdk(settings: Partial<AnalyticsSettings> = {}): { analytics: Analytics; errors: unknown[] } {
  const errors: unknown[] = [];
  const analytics = new Analytics({
    writeKey: INGEST_KEY,
    host: ingest.server.url,
    flushInterval: 50,
    ...settings,
  });
  analytics.on('error', (error) => errors.push(error.reason ?? error.code));
  return { analytics, errors };
}

const usedF1 = (userId: string, delta: number) => ({
  userId,
  event: 'Used',
  properties: { featureId: 'f1', delta },
  timestamp: NOW,
});

describe('analytics-node', () => {
  test('sends one request for a batch, which counts, and what is anonymous is in the live feed', async () => {
    const { analytics, errors } = sdk({ flushAt: 3 });
    analytics.identify({ userId: 'u1', traits: { name: 'Ada', email: 'ada@example.com' }, timestamp: NOW });
    analytics.track(usedF1('u1', 2));
    analytics.track({ anonymousId: 'a', event: 'Used', properties: { featureId: 'f1' } });
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);
    expect(
      ingest.server.seen.map(({ method, path, status, answer }) => [method, path, status, answer]),
    ).toEqual([['POST', '/v1/batch', 200, '{"success":true}']]);
    expect(await ingest.usage('u1')).toEqual({ sum: '2', count: 1 });
    expect((await ingest.pipeline.users.get('u1'))?.profile.email?.value).toBe('ada@example.com');
    expect(await ingest.pipeline.feed.latest(10)).toMatchObject([
      { dialect: 'tracking', requests: 1, accepted: 2, rejections: [{ code: 'missing_user_id', count: 1 }] },
    ]);
  });

  test('repeats the same messageIds when the answer was lost, and they count once', async () => {
    const { analytics, errors } = sdk({ flushAt: 2, maxRetries: 2 });
    ingest.server.loseAnswer({ statusCode: 503, body: '{}' });
    analytics.track(usedF1('u1', 1));
    analytics.track(usedF1('u1', 1));
    await analytics.closeAndFlush({ timeout: 10_000 });
    expect(errors).toEqual([]);
    expect(ingest.server.seen.map(({ status }) => status)).toEqual([503, 200]);
    const [first, second] = ingest.server.seen.map(({ body }) => messageIdsIn(body));
    expect(second).toEqual(first);
    expect(await ingest.usage('u1')).toEqual({ sum: '2', count: 2 });
  });

  test('gives up at once on a wrong key, and says why', async () => {
    const { analytics, errors } = sdk({ writeKey: 'wrong', flushAt: 1, maxRetries: 3 });
    analytics.track(usedF1('u1', 1));
    await analytics.closeAndFlush();
    expect(ingest.server.seen.map(({ status }) => status)).toEqual([401]);
    expect(errors).toHaveLength(1);
    expect(await ingest.usage('u1')).toEqual({ sum: '0', count: 0 });
  });

  test('waits as long as Retry-After says when it is told to slow down', async () => {
    const { analytics, errors } = sdk({ flushAt: 1, maxRetries: 2 });
    ingest.server.interrupt({ statusCode: 429, headers: { 'retry-after': '1' }, body: '{}' });
    const started = performance.now();
    analytics.track(usedF1('u1', 1));
    await analytics.closeAndFlush({ timeout: 10_000 });
    expect(errors).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(990);
    expect(ingest.server.seen.map(({ status }) => status)).toEqual([429, 200]);
    expect(await ingest.usage('u1')).toEqual({ sum: '1', count: 1 });
  });

  test('sends every type of call, and only identify and track count', async () => {
    const { analytics, errors } = sdk({ flushAt: 6 });
    analytics.page({ userId: 'u1', name: 'Home' });
    analytics.screen({ userId: 'u1', name: 'Home' });
    analytics.group({ userId: 'u1', groupId: 'g1' });
    analytics.alias({ userId: 'u1', previousId: 'a' });
    analytics.identify({ userId: 'u1' });
    analytics.track(usedF1('u1', 1));
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);
    expect(ingest.server.seen.map(({ status }) => status)).toEqual([200]);
    expect(await ingest.usage('u1')).toEqual({ sum: '1', count: 1 });
    const rejected = (await ingest.pipeline.feed.latest(10)).flatMap(({ rejections }) => rejections);
    expect(rejected.map(({ code }) => code)).toEqual(new Array(4).fill('unsupported_type'));
  });
});

const envelope = z.object({ batch: z.array(z.object({ messageId: z.string() })) });

const messageIdsIn = (body: Buffer): string[] =>
  envelope.parse(JSON.parse(body.toString('utf8'))).batch.map(({ messageId }) => messageId);
