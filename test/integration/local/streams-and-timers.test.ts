import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Fixture, startFixture } from './fixtures/start-fixture.ts';
import { removeTemporaryFolders, temporaryFolder } from './fixtures/temporary-folder.ts';
import { until } from './fixtures/until.ts';
import {
  getAtt,
  lambda,
  mapping,
  queue,
  readStream,
  type Resources,
  table,
  timer,
} from './fixtures/write-assembly.ts';

const resources: Resources = {
  Rules: table({
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
    TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
  }),
  Lost: queue(),
  ...lambda(
    'Follow',
    'stream',
    [readStream('Rules'), { Action: 'sqs:SendMessage', Resource: getAtt('Lost', 'Arn') }],
    {},
  ),
  Mapping: mapping('Follow', getAtt('Rules', 'StreamArn'), {
    BatchSize: 10,
    StartingPosition: 'TRIM_HORIZON',
    FilterCriteria: {
      Filters: [{ Pattern: JSON.stringify({ dynamodb: { Keys: { pk: { S: ['wanted'] } } } }) }],
    },
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination: getAtt('Lost', 'Arn') } },
  }),
  ...lambda('Tick', 'timer', []),
  ...timer('Often', 'Tick', 'rate(5 minutes)', { trigger: 'timer' }),
  ...timer('Plain', 'Tick', 'rate(1 hour)'),
};

let fixture: Fixture;
let dynamodb: DynamoDBClient;
const dataDir = temporaryFolder();
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

async function start(): Promise<void> {
  // Five minutes pass in half a second.
  fixture = await startFixture(resources, { dataDir, timerScale: 600 });
  dynamodb = new DynamoDBClient({
    endpoint: fixture.runtime.endpoints.dynamodb,
    region: 'us-east-1',
    credentials,
  });
}

async function stop(): Promise<void> {
  dynamodb.destroy();
  await fixture.runtime.stop();
}

beforeAll(start);

afterAll(async () => {
  await stop();
  removeTemporaryFolders();
});

async function put(
  pk: string,
  sk: string,
  more: Record<string, { S: string } | { N: string }> = {},
): Promise<void> {
  await dynamodb.send(
    new PutItemCommand({
      TableName: fixture.runtime.tables['Rules'],
      Item: { pk: { S: pk }, sk: { S: sk }, ...more },
    }),
  );
}

describe('the stream of a table', () => {
  test('invokes the function with records that pass the filter, as Lambda shapes them', async () => {
    await put('unwanted', 'a');
    await put('wanted', 'b', { v: { S: 'value' } });
    const line = await fixture.line('Follow', / wanted b /);
    expect(line).toMatch(
      /^INSERT wanted b \{.*"v":\{"S":"value"\}.*\} arn:aws:dynamodb:us-east-1:000000000000:table\/Rules/,
    );
    expect(fixture.output('Follow').filter((text) => text.includes('unwanted'))).toEqual([]);
  });

  test('goes on where it was after a restart, with what came meanwhile', async () => {
    await put('wanted', 'before');
    await fixture.line('Follow', / wanted before /);
    await stop();
    await start();
    await put('wanted', 'after');
    await fixture.line('Follow', / wanted after /);
    expect(fixture.output('Follow').filter((text) => text.includes('wanted before'))).toEqual([]);
  });

  test('a record that keeps failing is given up, told to the on-failure queue, and its neighbours are handled', async () => {
    await put('wanted', 'poison');
    await put('wanted', 'after-poison');
    await fixture.line('Follow', /after-poison/);
    const sqs = new SQSClient({ endpoint: fixture.runtime.endpoints.sqs, region: 'us-east-1', credentials });
    const note = await until('the note of failure', async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: fixture.runtime.queues['Lost'] }),
      );
      return Messages[0]?.Body;
    });
    sqs.destroy();
    expect(JSON.parse(note)).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
      DDBStreamBatchInfo: { batchSize: 1 },
    });
  });
});

describe('a timer', () => {
  test('invokes its function at the start and then at its rate, with its input', async () => {
    await until(
      'three ticks',
      () => fixture.output('Tick').filter((line) => line.includes('trigger')).length >= 3,
    );
    expect(fixture.output('Tick')).toContain('tick {"trigger":"timer"}');
  });

  test('without an input sends the scheduled event of EventBridge', async () => {
    const line = await fixture.line('Tick', /Scheduled Event/);
    expect(JSON.parse(line.slice('tick '.length))).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/Plain'],
      detail: {},
    });
  });
});

test('items whose time to live is over disappear, others stay', async () => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  await put('expires', 'old', { ttl: { N: String(nowSeconds - 60) } });
  await put('expires', 'young', { ttl: { N: String(nowSeconds + 600) } });
  const exists = async (sk: string): Promise<boolean> => {
    const key = { pk: { S: 'expires' }, sk: { S: sk } };
    const answer = await dynamodb.send(
      new GetItemCommand({ TableName: fixture.runtime.tables['Rules'], Key: key }),
    );
    return answer.Item !== undefined;
  };
  await until('the old item to be gone', async () => !(await exists('old')));
  expect(await exists('young')).toBe(true);
});
