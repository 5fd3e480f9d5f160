import { constants, getPriority } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type Fixture, startFixture } from './fixtures/start-fixture.ts';
import { removeTemporaryFolders } from './fixtures/temporary-folder.ts';
import { until } from './fixtures/until.ts';
import { consumeQueue, getAtt, lambda, mapping, queue } from './fixtures/write-assembly.ts';

let fixture: Fixture;
let sqs: SQSClient;

beforeAll(async () => {
  fixture = await startFixture({
    Work: queue({
      VisibilityTimeout: 1,
      RedrivePolicy: { deadLetterTargetArn: getAtt('Dead', 'Arn'), maxReceiveCount: 2 },
    }),
    Dead: queue(),
    Batches: queue({ VisibilityTimeout: 30 }),
    ...lambda('Consumer', 'consumer', [consumeQueue('Work'), consumeQueue('Batches')], { Timeout: 1 }),
    WorkMapping: mapping('Consumer', getAtt('Work', 'Arn'), {
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
    BatchesMapping: mapping('Consumer', getAtt('Batches', 'Arn'), {
      BatchSize: 25,
      MaximumBatchingWindowInSeconds: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
    ...lambda('DeadLetters', 'dead-letters', [consumeQueue('Dead')]),
    DeadMapping: mapping('DeadLetters', getAtt('Dead', 'Arn')),
  });
  sqs = new SQSClient({
    endpoint: fixture.runtime.endpoints.sqs,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});

afterAll(async () => {
  sqs.destroy();
  await fixture.runtime.stop();
  removeTemporaryFolders();
});

async function send(queueId: string, ...messages: { id: string; treat?: string }[]): Promise<void> {
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: fixture.runtime.queues[queueId],
      Entries: messages.map((message) => ({ Id: message.id, MessageBody: JSON.stringify(message) })),
    }),
  );
}

/** Messages that wait, and messages that are in flight. */
async function depthOf(queueId: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: fixture.runtime.queues[queueId], AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

const deliveriesOf = (id: string): number =>
  fixture.output('Consumer').filter((line) => line.startsWith(`received ${id},`)).length;

const isEmpty = (queueId: string): Promise<boolean> =>
  until(`${queueId} to be empty`, async () => (await depthOf(queueId)) === 0);

describe('in a queue with partial batch responses', () => {
  test('a message that failed comes back after its visibility timeout; the others of its batch do not', async () => {
    await send('Work', { id: 'good' }, { id: 'flaky', treat: 'fail once' });
    await fixture.line('Consumer', /^received flaky, delivery 2/);
    await isEmpty('Work');
    expect([deliveriesOf('good'), deliveriesOf('flaky')]).toEqual([1, 2]);
  });

  test.each([
    ['throws', 'throw once'],
    ['is ended by its timeout', 'hang once'],
    ['answers with an id that is not in the batch', 'unknown id once'],
    ['answers with something else', 'nonsense once'],
  ])('the whole batch comes back when the function %s', async (_, treat) => {
    const id = treat.replaceAll(' ', '-');
    await send('Work', { id: `${id}-neighbour` }, { id, treat });
    await fixture.line('Consumer', new RegExp(`^received ${id}, delivery 2`));
    await fixture.line('Consumer', new RegExp(`^received ${id}-neighbour, delivery 2`));
    await isEmpty('Work');
  });

  test('no answer at all is success, as on AWS, and is warned of', async () => {
    await send('Work', { id: 'unanswered', treat: 'no answer' });
    await fixture.warning(/without batchItemFailures: AWS takes that for success/);
    await isEmpty('Work');
    expect(deliveriesOf('unanswered')).toBe(1);
  });

  test('a message that keeps failing moves to the dead-letter queue after its maximum of deliveries', async () => {
    await send('Work', { id: 'poison', treat: 'fail' });
    const line = await fixture.line('DeadLetters', /^dead poison/);
    expect(line).toBe('dead poison from arn:aws:sqs:us-east-1:000000000000:Dead');
    expect(deliveriesOf('poison')).toBe(2);
    await isEmpty('Dead');
  });
});

test('messages that come within the window are handed over together, up to the batch size', async () => {
  const ids = Array.from({ length: 30 }, (_, index) => ({ id: `w${index}` }));
  await send('Batches', ...ids.slice(0, 10));
  await send('Batches', ...ids.slice(10, 20));
  await send('Batches', ...ids.slice(20, 30));
  await isEmpty('Batches');
  expect(fixture.output('Consumer')).toContain('batch of 25');
  expect(fixture.output('Consumer')).toContain('batch of 5');
});

test('messages that come one by one within the window are handed over together', async () => {
  for (let n = 0; n < 7; n += 1) await send('Batches', { id: `o${n}` });
  await isEmpty('Batches');
  expect(fixture.output('Consumer')).toContain('batch of 7');
});

test("a record carries what Lambda's SQS event carries", async () => {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: fixture.runtime.queues['Dead'],
      MessageBody: JSON.stringify({ id: 'by-hand' }),
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
    }),
  );
  await fixture.line('DeadLetters', /^dead by-hand from arn:aws:sqs:us-east-1:000000000000:Dead$/);
});

test('a function that only a queue calls lets the runtime, and whoever is answered, go first', async () => {
  await send('Work', { id: 'polite' });
  await fixture.line('Consumer', /^received polite/);
  const pids = fixture.runtime.memory().flatMap(({ what, pid }) => (what === 'Consumer' ? [pid] : []));
  expect(pids).not.toEqual([]);
  const lower = Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL);
  expect(pids.map((pid) => getPriority(pid))).toEqual(pids.map(() => lower));
});
