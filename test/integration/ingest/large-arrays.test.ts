import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { startEngines, type Engines } from '../../support/pipeline.ts';
import { startIngest, type Ingest } from './start-ingest.ts';

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

const EVENTS = 4_000;
const EVENT_BYTES = 1_200;

/** Text that compresses about as well as real events do. */
const padding = (index: number): string =>
  Array.from({ length: 120 }, (_, word) => `w${String((index * 31 + word * 17) % 997)}`).join(' ');

function event(index: number): string {
  const start = `{"type":"track","event":"Used","userId":"u${String(index % 500)}","messageId":"m${String(index)}","timestamp":"2026-11-23T11:00:00.000Z","properties":{"featureId":"f1","text":"`;
  const text = padding(index);
  return `${start}${text.padEnd(EVENT_BYTES - start.length - 3, '.').slice(0, EVENT_BYTES - start.length - 3)}"}}`;
}

test('an array of 4,000 events, 4.8 MB, is taken whole: each of them durable, and known when it comes again', async () => {
  const { pipeline } = ingest;
  const body = `[${Array.from({ length: EVENTS }, (_, index) => event(index)).join(',')}]`;
  expect(body.length).toBeGreaterThan(4_800_000);
  const answer = await pipeline.send({ body });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ success: true, results: new Array(EVENTS).fill({ status: 200 }) });
  const keys = Array.from({ length: EVENTS }, (_, index) => eventKeyOf(`m${String(index)}`));
  expect((await pipeline.events.records(keys)).size).toBe(EVENTS);
  const again = await pipeline.send({ body });
  expect(again.body).toMatchObject({ results: new Array(EVENTS).fill({ status: 200, duplicate: true }) });
}, 120_000);

test('an array of 4,000 events needs at most 160 requests to the store and 4 to the queue, which is what makes it fast', async () => {
  const { pipeline } = ingest;
  const body = `[${Array.from({ length: EVENTS }, (_, index) => event(index)).join(',')}]`;
  const calls = new Map<string, number>();
  const restore = [pipeline.client, pipeline.sqs.client].map((client: { send: unknown }) => {
    const { send } = client;
    if (typeof send !== 'function') throw new Error('A client that cannot send');
    client.send = (command: object): unknown => {
      const { name } = command.constructor;
      calls.set(name, (calls.get(name) ?? 0) + 1);
      const answer: unknown = send.call(client, command);
      return answer;
    };
    return () => (client.send = send);
  });
  expect((await pipeline.send({ body })).status).toBe(200);
  for (const undo of restore) undo();
  const {
    BatchExecuteStatementCommand: batches = 0,
    TransactWriteItemsCommand: transactions = 0,
    ...others
  } = Object.fromEntries(calls);
  expect(batches + transactions).toBeLessThanOrEqual(160);
  expect(others).toEqual({
    GetItemCommand: 1, // the key
    SendMessageBatchCommand: 4,
    PutItemCommand: 1, // the live feed
  });
}, 120_000);

test('an array of more than 4,000 events is 413 and says to lower the batch size', async () => {
  const { pipeline } = ingest;
  const answer = await pipeline.send({ body: `[${new Array(EVENTS + 1).fill('null').join(',')}]` });
  expect(answer).toMatchObject({
    status: 413,
    body: { code: 'payload_too_large', message: expect.stringContaining('lower the batch size') },
  });
});

test('100 parallel copies of one event are 100 times 200 and count once', async () => {
  const { pipeline, usage } = ingest;
  const answers = await Promise.all(Array.from({ length: 100 }, () => pipeline.send({ body: event(1) })));
  expect(answers.map(({ status }) => status)).toEqual(new Array(100).fill(200));
  expect(await usage('u1')).toEqual({ sum: '1', count: 1 });
});

test('the results of 4,000 events fit the 6 MB of an answer, however long their messageIds are', async () => {
  const { pipeline } = ingest;
  // Refused events too: they take the longest answers and no room in the tables.
  const item = (index: number): string =>
    `{"type":"track","event":"E","anonymousId":"a","messageId":"${'€'.repeat(470)}${String(index)}"}`;
  const body = `[${Array.from({ length: EVENTS - 1 }, (_, index) => item(index)).join(',')},${event(1)}]`;
  expect(Buffer.byteLength(body)).toBeGreaterThan(5_500_000);
  const answer = await pipeline.send({ body });
  expect(answer.status).toBe(200);
  expect(Buffer.byteLength(JSON.stringify(answer.body))).toBeLessThan(6 * 1024 * 1024);
});
