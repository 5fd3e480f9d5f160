import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { FeedStore, type FeedEntry } from '../../../adapters/feed-store.ts';
import { RequestFeed } from '../../../adapters/request-feed.ts';
import { createPipeline, startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';

let engines: Engines;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  pipeline = await createPipeline(engines);
});

const used = (messageId: string) => ({ type: 'track', event: 'Used', userId: 'u1', messageId });
const entries = (): Promise<readonly FeedEntry[]> => pipeline.feed.latest(1_000);
const total = (all: readonly FeedEntry[], what: 'accepted' | 'requests' | 'duplicates'): number =>
  all.reduce((sum, entry) => sum + entry[what], 0);
const wait = (ms: number): void => {
  pipeline.clock.now += ms;
};

/** Write units by AWS's rules: one per started KB of each entry. */
const writeUnits = (all: readonly FeedEntry[]): number =>
  all.reduce((sum, entry) => sum + Math.ceil((JSON.stringify(entry).length + 100) / 1024), 0);

describe('the live feed', () => {
  test('has what was accepted, by the keys of the events, before the request is answered', async () => {
    await pipeline.webhook([used('m1'), used('m2'), used('m1')]);
    const [key] = await pipeline.keys.list();
    expect(await entries()).toEqual([
      {
        from: pipeline.clock.now,
        at: pipeline.clock.now,
        dialect: 'webhook',
        apiKeyId: key?.id,
        requests: 1,
        accepted: 2,
        duplicates: 1,
        eventKeys: [eventKeyOf('m1'), eventKeyOf('m2')],
        rejections: [],
      },
    ]);
  });

  test('has what was refused, with the reason, and nothing that the sender wrote', async () => {
    const secret = 'jane@example.com';
    await pipeline.webhook([
      { type: 'track', event: secret, anonymousId: secret },
      { type: secret, userId: secret },
      { ...used(secret), userId: secret },
    ]);
    wait(1);
    await pipeline.send({ headers: { authorization: secret }, body: secret });
    const all = await entries();
    expect(all).toMatchObject([
      { dialect: 'webhook', rejections: [{ code: 'invalid_key', count: 1 }] },
      {
        accepted: 1,
        rejections: [
          { code: 'missing_user_id', count: 1, message: expect.stringContaining('anonymous events') },
          { code: 'unsupported_type', count: 1 },
        ],
      },
    ]);
    expect(all[0]).not.toHaveProperty('apiKeyId');
    expect(JSON.stringify(all)).not.toContain(secret);
  });

  test('shows the first requests after a pause each by itself', async () => {
    for (let request = 0; request < 5; request += 1) {
      await pipeline.webhook(used(`m${String(request)}`));
      wait(100);
    }
    expect((await entries()).map(({ requests, accepted }) => [requests, accepted])).toEqual(
      new Array(5).fill([1, 1]),
    );
  });

  test.each([4, 10, 50])(
    'in a steady stream of %i requests a second costs at most 0.2 write units an event and is at most 2 s behind',
    async (perSecond) => {
      const now = (): number => pipeline.clock.now;
      // With more patience than in production, because this machine may be busy, and the clock is not its own.
      const store = new FeedStore(pipeline.client, pipeline.tables.operations, 30_000);
      const feed = new RequestFeed(store, now);
      const source = { dialect: 'webhook', apiKeyId: 'key_0123456789abcdef' } as const;
      const events = perSecond * 60;
      for (let index = 0; index < events; index += 1) {
        wait(1_000 / perSecond);
        await feed.note(source, { accepted: [eventKeyOf(`m${String(index)}`)] });
      }
      const all = await entries();
      // An entry is written before its last request is answered; its first has waited since then.
      for (const { from, at } of all) expect(at - from).toBeLessThanOrEqual(2_000);
      // The first requests after the pause, which are shown at once, are not the steady state.
      const steady = all.slice(0, -6);
      expect(writeUnits(steady) / total(steady, 'accepted')).toBeLessThanOrEqual(0.2);
      // Nothing is missing but what waits for the next request.
      expect(events - total(all, 'accepted')).toBeLessThanOrEqual(perSecond * 1.5);
      expect(all.every(({ eventKeys, accepted }) => eventKeys.length === accepted)).toBe(true);
    },
  );

  test('lists a sample above 50 events a second, and says how many there were', async () => {
    await pipeline.webhook(Array.from({ length: 200 }, (_, index) => used(`m${String(index)}`)));
    const [entry] = await entries();
    expect(entry?.accepted).toBe(200);
    expect(entry?.eventKeys).toHaveLength(75);
  });

  test('keeps senders apart, also when one entry time serves several', async () => {
    await pipeline.keys.ensure('th_ingest_b', { scope: 'ingest', name: 'b' }, pipeline.clock.now);
    const fromB = (messageId: string) =>
      pipeline.send({
        path: '/v1/track',
        headers: { authorization: 'Bearer th_ingest_b' },
        body: JSON.stringify({ event: 'E', anonymousId: messageId }),
      });
    for (let request = 0; request < 5; request += 1) await pipeline.webhook(used(`a${String(request)}`));
    const shown = (await entries()).length;
    wait(10);
    await pipeline.webhook(used('a5'));
    await fromB('b0');
    expect((await entries()).length).toBe(shown);
    wait(2_000);
    await pipeline.webhook(used('a6'));
    const late = (await entries()).slice(0, 2);
    const bySource = new Map(late.map((entry) => [entry.dialect, entry]));
    expect(bySource.get('webhook')).toMatchObject({ requests: 2, accepted: 2, rejections: [] });
    expect(bySource.get('tracking')).toMatchObject({
      requests: 1,
      accepted: 0,
      rejections: [{ code: 'missing_user_id', count: 1 }],
    });
  });

  test('that cannot be written fails no request, and what it held is in it later', async () => {
    const { client, tables } = pipeline;
    const send = client.send.bind(client);
    const failing: { send: unknown } = client;
    failing.send = (command: Parameters<typeof send>[0]) =>
      command instanceof PutItemCommand && command.input.TableName === tables.operations
        ? Promise.reject(new Error('The feed cannot be written.'))
        : send(command);
    const answers = [
      await pipeline.webhook(used('m1')),
      await pipeline.webhook({ type: 'page', userId: 'u1' }),
    ];
    failing.send = send;
    expect(answers.map(({ status }) => status)).toEqual([200, 501]);
    expect(await entries()).toEqual([]);
    wait(2_000);
    await pipeline.webhook(used('m2'));
    expect(await entries()).toMatchObject([
      { requests: 3, accepted: 2, rejections: [{ code: 'unsupported_type', count: 1 }] },
    ]);
  });

  test('of a flood of refused requests is a few entries, that count them all', async () => {
    for (let request = 0; request < 300; request += 1) {
      wait(10);
      await pipeline.send({ headers: { authorization: `wrong${String(request)}` }, body: '{}' });
    }
    wait(2_000);
    await pipeline.send({ headers: { authorization: 'wrong' }, body: '{}' });
    const all = await entries();
    expect(all.length).toBeLessThanOrEqual(9);
    expect(total(all, 'requests')).toBe(301);
    const rejections = all.flatMap((entry) => entry.rejections);
    expect(rejections.reduce((sum, { count }) => sum + count, 0)).toBe(301);
  });
});
