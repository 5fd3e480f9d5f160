import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { isPermanent, PassingError } from '../../adapters/failure-kind.ts';
import { sendAll } from '../../adapters/send-all.ts';
import { stubbedSqs, type Refusal } from '../support/stubbed-sqs.ts';

const URL = 'http://queue.invalid/';
const clients: SQSClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

/** SQS that says of each message why it does not take it, if it does not; and what it was sent. */
function queue(refusal: (body: string) => Refusal | undefined) {
  const batches: (readonly string[])[] = [];
  const client = stubbedSqs((bodies) => {
    batches.push(bodies);
    return bodies.map(refusal);
  });
  clients.push(client);
  return { client, batches };
}

async function errorOf(work: Promise<void>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It did not fail.');
}

describe('messages', () => {
  test('go out ten at a time, each once, in their order', async () => {
    const { client, batches } = queue(() => undefined);
    const bodies = Array.from({ length: 21 }, (_, index) => String(index));
    await sendAll(client, URL, bodies);
    expect(batches.map(({ length }) => length)).toEqual([10, 10, 1]);
    expect(batches.flat()).toEqual(bodies);
  });

  test('that are none need no request', async () => {
    const { client, batches } = queue(() => undefined);
    await sendAll(client, URL, []);
    expect(batches).toEqual([]);
  });

  test('of which SQS does not take one by its own fault are an error that passes', async () => {
    const { client } = queue((body) =>
      body === 'b' ? { Code: 'InternalError', SenderFault: false } : undefined,
    );
    const error = await errorOf(sendAll(client, URL, ['a', 'b', 'c']));
    expect(error).toBeInstanceOf(PassingError);
    expect(isPermanent(error)).toBe(false);
  });

  test('of which SQS never takes one are an error that does not pass', async () => {
    const { client } = queue((body) => ({
      Code: body === 'b' ? 'InvalidMessageContents' : 'InternalError',
      SenderFault: body === 'b',
    }));
    const error = await errorOf(sendAll(client, URL, ['a', 'b']));
    expect(error).toMatchObject({ message: 'SQS refuses a message for good: InvalidMessageContents.' });
    expect(isPermanent(error)).toBe(true);
  });
});
