import { afterAll, expect, test } from '@jest/globals';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { childrenOf, isRunning, readiness, spawnRuntime } from './fixtures/spawn-runtime.ts';
import { startFixture } from './fixtures/start-fixture.ts';
import { removeTemporaryFolders, temporaryFolder } from './fixtures/temporary-folder.ts';
import { until } from './fixtures/until.ts';
import {
  consumeQueue,
  functionUrl,
  getAtt,
  lambda,
  mapping,
  queue,
  ref,
  type Resources,
  table,
  writeAssembly,
} from './fixtures/write-assembly.ts';

const resources: Resources = {
  Items: table(),
  // Longer than any test: only a restart can make a message visible again.
  Work: queue({ VisibilityTimeout: 600 }),
  ...lambda(
    'Http',
    'http',
    [
      { Action: ['dynamodb:PutItem', 'dynamodb:GetItem'], Resource: getAtt('Items', 'Arn') },
      { Action: 'sqs:SendMessage', Resource: getAtt('Work', 'Arn') },
    ],
    { Timeout: 30, Environment: { Variables: { ITEMS_TABLE: ref('Items'), WORK_QUEUE_URL: ref('Work') } } },
  ),
  ...functionUrl('Http', ['*']),
  ...lambda('Consumer', 'consumer', [consumeQueue('Work')], { Timeout: 100 }),
  Mapping: mapping('Consumer', getAtt('Work', 'Arn'), { FunctionResponseTypes: ['ReportBatchItemFailures'] }),
};

const assembly = writeAssembly(resources);

afterAll(removeTemporaryFolders);

const ask = async (url: string): Promise<unknown> => await (await fetch(url)).json();

test('kill -9 ends every process, loses nothing, and a restart takes up what was in flight', async () => {
  const dataDir = temporaryFolder();
  const env = { DATA_DIR: dataDir, ASSEMBLY_DIR: assembly };
  const first = spawnRuntime(env);
  const { url } = await readiness(first, dataDir);
  expect(await ask(`${url}/put?kept`)).toEqual({});
  // One message in a busy loop, which notices nothing, and one behind it that was only sent.
  await ask(`${url}/send?${encodeURIComponent('{"id":"in-flight","treat":"hang once"}')}`);
  await until('the message to be in flight', () =>
    first.said().stdout.includes('received in-flight, delivery 1'),
  );
  await ask(`${url}/send?${encodeURIComponent('{"id":"waiting"}')}`);
  const children = childrenOf(first.pid);
  expect(children.length).toBeGreaterThanOrEqual(4);
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  await until('all its processes to end', () => !children.some(isRunning));

  const second = spawnRuntime(env);
  const again = await readiness(second, dataDir);
  expect(await ask(`${again.url}/get?kept`)).toMatchObject({ Item: { pk: { S: 'kept' } } });
  await until('the message to come again', () =>
    second.said().stdout.includes('received in-flight, delivery 2'),
  );
  await until('the other message to come', () =>
    /received waiting/.test(second.said().stdout + first.said().stdout),
  );
  process.kill(second.pid, 'SIGTERM');
  expect(await second.ended).toBe(0);
});

test('SIGTERM lets a running request be answered, exits with 0, and leaves no process behind', async () => {
  const dataDir = temporaryFolder();
  const runtime = spawnRuntime({ DATA_DIR: dataDir, ASSEMBLY_DIR: assembly });
  const { url } = await readiness(runtime, dataDir);
  const children = childrenOf(runtime.pid);
  const answer = fetch(`${url}/wait`);
  await until('the request to be in progress', () => runtime.said().stdout.includes('waiting'));
  process.kill(runtime.pid, 'SIGTERM');
  expect((await answer).status).toBe(200);
  expect(await runtime.ended).toBe(0);
  expect(children.filter(isRunning)).toEqual([]);
  expect(runtime.said().stderr).toBe('');
});

test('a second Ctrl-C ends everything at once, whatever is running', async () => {
  const dataDir = temporaryFolder();
  const runtime = spawnRuntime({ DATA_DIR: dataDir, ASSEMBLY_DIR: assembly });
  const { url } = await readiness(runtime, dataDir);
  const children = childrenOf(runtime.pid);
  const hanging = fetch(`${url}/hang`).catch(() => 'cut off');
  await until('the function to hang', () => runtime.said().stdout.includes('hanging'));
  process.kill(runtime.pid, 'SIGINT');
  await until('it to say that it stops', () => runtime.said().stdout.includes('press Ctrl-C again'));
  process.kill(runtime.pid, 'SIGINT');
  expect(await runtime.ended).toBe(130);
  await until('all its processes to end', () => !children.some(isRunning));
  expect(await hanging).toBe('cut off');
});

test('a DynamoDB that dies is started again with its data, and calls work again', async () => {
  const fixture = await startFixture(resources);
  const url = fixture.runtime.url;
  try {
    expect(await ask(`${url}/put?before`)).toEqual({});
    const pid = fixture.runtime.memory().find(({ what }) => what === 'DynamoDB')?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await fixture.warning(/embedded DynamoDB died \(SIGKILL\).*nothing that was acknowledged is lost/);
    await until('calls to work again', async () => JSON.stringify(await ask(`${url}/put?after`)) === '{}');
    expect(await ask(`${url}/get?before`)).toMatchObject({ Item: { pk: { S: 'before' } } });
    await fixture.warning(/embedded DynamoDB is running again/);
  } finally {
    await fixture.runtime.stop();
  }
});

test('an SQS whose disk fails is started again with its messages, and sends work again', async () => {
  const fixture = await startFixture(resources);
  const url = fixture.runtime.url;
  const sqs = new SQSClient({
    endpoint: fixture.runtime.endpoints.sqs,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const QueueUrl = fixture.runtime.queues['Work'];
  try {
    await sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: '{"id":"before","treat":"fail"}', DelaySeconds: 300 }),
    );
    // A lock held by another program is the one failure of SQLite that a test can cause and take away.
    const other = new DatabaseSync(join(fixture.dataDir, 'sqs', 'fauxqs.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(await ask(`${url}/send?%7B%7D`)).toHaveProperty('error');
    await fixture.warning(/embedded SQS died .*nothing that was acknowledged is lost/);
    other.exec('ROLLBACK');
    other.close();
    await fixture.warning(/embedded SQS is running again/);
    const sent = async (): Promise<boolean> =>
      /MessageId/.test(JSON.stringify(await ask(`${url}/send?%7B%7D`)));
    await until('sends to work again', sent);
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes?.ApproximateNumberOfMessagesDelayed).toBe('1');
  } finally {
    sqs.destroy();
    await fixture.runtime.stop();
  }
});
