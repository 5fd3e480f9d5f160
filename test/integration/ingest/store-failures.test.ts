import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  BatchExecuteStatementCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { insertItems } from '../../../adapters/insert-items.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';
import { startIngest, type Ingest } from './start-ingest.ts';

// What an array goes through when the stores do not do as they should. Every event is acknowledged only when it is stored,
// and counts once however often the array comes again.

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

const used = (messageId: string) => ({
  type: 'track',
  event: 'Used',
  userId: 'u1',
  messageId,
  timestamp: '2026-11-23T11:00:00.000Z',
  properties: { featureId: 'f1' },
});
const batch = (events: number) => Array.from({ length: events }, (_, index) => used(`m${String(index)}`));

type Send = Pipeline['client']['send'];

/** Runs while calls of DynamoDB are answered by this, unless it leaves them to the engine. */
async function whileDynamo<Result>(
  answer: (command: Parameters<Send>[0]) => Promise<unknown> | undefined,
  run: () => Promise<Result>,
): Promise<Result> {
  const { client } = pipeline;
  const send = client.send.bind(client);
  const tampered: { send: unknown } = client;
  tampered.send = (command: Parameters<Send>[0]) => answer(command) ?? send(command);
  const errors = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    return await run();
  } finally {
    tampered.send = send;
    errors.mockRestore();
  }
}

const failure = (name: string): Promise<never> => Promise.reject(Object.assign(new Error(name), { name }));

describe('an array', () => {
  test.each([
    ['in transactions where the store takes no statements', [BatchExecuteStatementCommand]],
    [
      'event by event where it takes no transactions either',
      [BatchExecuteStatementCommand, TransactWriteItemsCommand],
    ],
  ])('is stored %s', async (_, refused) => {
    const answer = await whileDynamo(
      (command) =>
        refused.some((kind) => command instanceof kind) ? failure('AccessDeniedException') : undefined,
      () => pipeline.webhook(batch(60)),
    );
    expect(answer.status).toBe(200);
    expect(await ingest.usage('u1')).toEqual({ sum: '60', count: 60 });
  });

  test('of which the store refused a part is completed before it is acknowledged', async () => {
    const answer = await whileDynamo(
      (command) =>
        command instanceof BatchExecuteStatementCommand
          ? Promise.resolve({
              Responses: command.input.Statements?.map(() => ({ Error: { Code: 'ThrottlingError' } })),
            })
          : undefined,
      () => pipeline.webhook(batch(60)),
    );
    expect(answer.status).toBe(200);
    expect(await ingest.usage('u1')).toEqual({ sum: '60', count: 60 });
  });

  test('of which one event cannot be stored is 503, and the retry counts every event once', async () => {
    const isRefused = (command: Parameters<Send>[0]): boolean =>
      command instanceof PutItemCommand && command.input.Item?.['id']?.S === 'm7';
    const answer = await whileDynamo(
      (command) => {
        if (command instanceof BatchExecuteStatementCommand) return failure('RequestLimitExceeded');
        if (command instanceof TransactWriteItemsCommand) return failure('RequestLimitExceeded');
        return isRefused(command) ? failure('ThrottlingException') : undefined;
      },
      () => pipeline.webhook(batch(20)),
    );
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { success: false, code: 'unavailable' },
    });
    // What was stored is on its way all the same.
    expect(await ingest.usage('u1')).toEqual({ sum: '19', count: 19 });
    expect((await pipeline.webhook(batch(20))).status).toBe(200);
    expect(await ingest.usage('u1')).toEqual({ sum: '20', count: 20 });
  });

  test('whose answer of the store was lost is stored once, also when the SDK repeats the call', async () => {
    const { client } = pipeline;
    const send = client.send.bind(client);
    const answer = await whileDynamo(
      (command) =>
        command instanceof BatchExecuteStatementCommand
          ? send(command).then(() => failure('TimeoutError'))
          : undefined,
      () => pipeline.webhook(batch(30)),
    );
    expect(answer.status).toBe(200);
    expect(await ingest.usage('u1')).toEqual({ sum: '30', count: 30 });
  });

  test.each([
    ['statements', 60_000],
    ['transactions, as when the store is slow', 0],
  ])('is stored in %s, and what was there before is told apart', async (_, patienceMs) => {
    const item = (index: number) => ({
      pk: { S: `e#${String(index)}` },
      sk: { S: 'e' },
      b: { B: new Uint8Array([index]) },
    });
    const numbers = Array.from({ length: 250 }, (_, index) => index);
    const insert = (indices: readonly number[]) =>
      insertItems(pipeline.client, pipeline.tables.events, indices.map(item), patienceMs);
    const known = numbers.filter((index) => index % 7 === 0);
    expect(await insert(known)).toEqual(known.map(() => 'inserted'));
    expect(await insert(numbers)).toEqual(numbers.map((index) => (index % 7 === 0 ? 'exists' : 'inserted')));
    expect(await insert(numbers)).toEqual(numbers.map(() => 'exists'));
    const failed = await whileDynamo(
      () => failure('ThrottlingException'),
      () => insert([1_000, 1_001]),
    );
    expect(failed).toEqual(['failed', 'failed']);
  });

  test('that comes again, in part, says which of its events are known', async () => {
    await pipeline.webhook(batch(30));
    await ingest.usage('u1');
    const answer = await pipeline.webhook(batch(40));
    expect(answer.body).toMatchObject({
      results: [
        ...new Array<object>(30).fill({ status: 200, duplicate: true }),
        ...new Array<object>(10).fill({ status: 200, effect: 'stored' }),
      ],
    });
    expect(await ingest.usage('u1')).toEqual({ sum: '40', count: 40 });
  });

  test('may hold events that are larger than an item of the store', async () => {
    const noise = Buffer.from(
      Array.from({ length: 150_000 }, (_, at) => ((at * 7919) % 251) ^ (at >> 7)),
    ).toString('base64');
    const large = { ...used('large'), properties: { featureId: 'f1', noise } };
    expect((await pipeline.webhook([used('m1'), large, used('m2')])).status).toBe(200);
    const again = await pipeline.webhook([large, used('m1')]);
    expect(again.body).toMatchObject({ results: [{ duplicate: true }, { duplicate: true }] });
    expect(await ingest.usage('u1')).toEqual({ sum: '3', count: 3 });
    const record = (await pipeline.events.records([eventKeyOf('large')])).get(eventKeyOf('large'));
    expect(record?.conflictAt).toBeUndefined();
  });
});
