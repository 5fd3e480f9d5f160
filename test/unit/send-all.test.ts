import { SQSClient, type ServiceInputTypes } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { isPermanent, PassingError } from '../../adapters/failure-kind.ts';
import { sendAll } from '../../adapters/send-all.ts';

const URL = 'http://queue.invalid/';
const clients: SQSClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

/** SQS that says of each message why it does not take it, if it does not; and what it was sent. */
function queue(refusal: (body: string) => { Code: string; SenderFault: boolean } | undefined) {
  const batches: string[][] = [];
  const client = new SQSClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  clients.push(client);
  client.middlewareStack.add(
    () => (call) => {
      const entries = entriesOf(call.input);
      batches.push(entries.map(({ body }) => body));
      const Failed = entries.flatMap(({ Id, body }) => {
        const why = refusal(body);
        return why === undefined ? [] : [{ Id, ...why }];
      });
      return Promise.resolve({ output: { $metadata: {}, Failed }, response: undefined });
    },
    { step: 'initialize', name: 'queue' },
  );
  return { client, batches };
}

const entriesOf = (input: ServiceInputTypes): readonly { Id: string | undefined; body: string }[] =>
  ('Entries' in input ? (input.Entries ?? []) : []).map((entry) => ({
    Id: entry.Id,
    body: 'MessageBody' in entry ? (entry.MessageBody ?? '') : '',
  }));

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
