import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  INGEST_KEY,
  startEngines,
  type Engines,
  type JsonAnswer,
  type Pipeline,
} from '../../support/pipeline.ts';
import { startIngest, type Ingest } from './start-ingest.ts';

let engines: Engines;
let ingest: Ingest;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  ingest = await startIngest(engines);
  ({ pipeline } = ingest);
});
afterEach(async () => {
  await ingest.server.stop();
});

const EVENT = JSON.stringify({ type: 'identify', userId: 'u1' });
const sendWith = (key: string, path = '/segment'): Promise<JsonAnswer> =>
  pipeline.send({ path, headers: { authorization: `Bearer ${key}` }, body: EVENT });

/** Longer than a container remembers a key. */
const forgetKeys = (): void => {
  pipeline.clock.now += 31_000;
};

describe('a key', () => {
  test('that may only read is 403, for it is known', async () => {
    await pipeline.keys.ensure('th_read_x', { scope: 'read', name: 'reader' }, pipeline.clock.now);
    await pipeline.keys.ensure('th_admin_x', { scope: 'admin', name: 'admin' }, pipeline.clock.now);
    for (const [key, path] of [
      ['th_read_x', '/segment'],
      ['th_admin_x', '/segment'],
      ['th_read_x', '/v1/track'],
    ] as const) {
      const answer = await sendWith(key, path);
      expect(answer).toMatchObject({ status: 403, body: { success: false, code: 'wrong_scope' } });
    }
  });

  test('is replaced without a gap: two are active at a time, and the old one ends within a minute', async () => {
    const next = 'th_ingest_next';
    await pipeline.keys.ensure(next, { scope: 'ingest', name: 'next' }, pipeline.clock.now);
    expect((await sendWith(INGEST_KEY)).status).toBe(200);
    expect((await sendWith(next)).status).toBe(200);
    const old = (await pipeline.keys.list()).find(({ name }) => name === 'tests');
    await pipeline.keys.revoke(old?.id ?? '', pipeline.clock.now);
    forgetKeys();
    expect(await sendWith(INGEST_KEY)).toMatchObject({ status: 401, body: { code: 'invalid_key' } });
    expect((await sendWith(next)).status).toBe(200);
  });

  test('that is new works within a second, though it was refused just before', async () => {
    expect((await sendWith('th_ingest_new')).status).toBe(401);
    await pipeline.keys.ensure('th_ingest_new', { scope: 'ingest', name: 'new' }, pipeline.clock.now);
    pipeline.clock.now += 1_001;
    expect((await sendWith('th_ingest_new')).status).toBe(200);
  });

  test('cannot be wrong because its store is down: that is 503 with Retry-After, in both dialects', async () => {
    const { client } = pipeline;
    const send = client.send.bind(client);
    const failing: { send: unknown } = client;
    failing.send = (command: Parameters<typeof send>[0]) =>
      command instanceof GetItemCommand && command.input.TableName === pipeline.tables.operations
        ? Promise.reject(new Error('The Operations table cannot be reached.'))
        : send(command);
    const errors = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const body = JSON.stringify({ writeKey: INGEST_KEY, batch: [{ type: 'identify', userId: 'u1' }] });
    const answers = [
      await sendWith(INGEST_KEY),
      await sendWith('wrong'),
      await pipeline.send({ path: '/v1/batch', headers: { authorization: '' }, body }),
    ];
    failing.send = send;
    errors.mockRestore();
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 503,
        body: { success: false, code: 'unavailable', message: expect.any(String) },
        headers: { 'retry-after': '5', 'access-control-allow-origin': '*' },
      });
    }
  });

  test('is looked up once for many requests', async () => {
    const { client } = pipeline;
    const send = client.send.bind(client);
    let lookups = 0;
    const counting: { send: unknown } = client;
    counting.send = (command: Parameters<typeof send>[0]) => {
      if (command instanceof GetItemCommand) lookups += 1;
      return send(command);
    };
    for (let request = 0; request < 20; request += 1) await sendWith(INGEST_KEY);
    counting.send = send;
    expect(lookups).toBe(1);
  });
});

describe('the signature secrets of a key', () => {
  const idOf = async (): Promise<string> => (await pipeline.keys.list())[0]?.id ?? '';

  test('are at most two, are counted and never listed, and can be taken away again', async () => {
    const id = await idOf();
    expect(await pipeline.keys.setSignatureSecrets(id, ['one', 'two'])).toBe(true);
    const listed = await pipeline.keys.list();
    expect(listed).toMatchObject([{ id, signatureSecretCount: 2 }]);
    expect(JSON.stringify(listed)).not.toMatch(/one|two/);
    expect((await pipeline.keys.find(INGEST_KEY))?.signatureSecrets).toEqual(['one', 'two']);
    expect((await sendWith(INGEST_KEY)).status).toBe(401);
    await expect(pipeline.keys.setSignatureSecrets(id, ['a', 'b', 'c'])).rejects.toThrow('at most two');
    await expect(pipeline.keys.setSignatureSecrets(id, [''])).rejects.toThrow('none of them empty');
    expect(await pipeline.keys.setSignatureSecrets(id, [])).toBe(true);
    forgetKeys();
    expect((await sendWith(INGEST_KEY)).status).toBe(200);
    expect((await pipeline.keys.list())[0]).not.toHaveProperty('signatureSecretCount');
  });

  test('belong to a key that exists', async () => {
    expect(await pipeline.keys.setSignatureSecrets('key_nobody', ['one'])).toBe(false);
    expect(await pipeline.keys.list()).toHaveLength(1);
  });
});

test('no answer and no line of the log holds a key, a body or what a sender wrote', async () => {
  const lines: string[] = [];
  const spies = (['log', 'warn', 'error', 'info'] as const).map((level) =>
    jest.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts.join(' '))),
  );
  const secret = 'jane@example.com';
  const { client } = pipeline;
  const send = client.send.bind(client);
  const failing: { send: unknown } = client;
  const answers: JsonAnswer[] = [];
  for (const isDown of [false, true]) {
    forgetKeys();
    if (isDown) failing.send = () => Promise.reject(new Error(`Down: ${secret}`));
    for (const path of ['/segment', '/v1/batch', '/v1/track']) {
      for (const authorization of [`Bearer ${INGEST_KEY}`, `Bearer ${secret}`, `Basic ${secret}`, secret]) {
        for (const body of [
          secret,
          JSON.stringify({ type: secret, userId: { secret } }),
          JSON.stringify([secret]),
        ]) {
          answers.push(await pipeline.send({ path, headers: { authorization }, body }));
        }
      }
    }
  }
  failing.send = send;
  for (const spy of spies) spy.mockRestore();
  expect(lines.length).toBeGreaterThan(0);
  for (const text of [...lines, JSON.stringify(answers), JSON.stringify(await pipeline.feed.latest(100))]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(INGEST_KEY);
  }
});
