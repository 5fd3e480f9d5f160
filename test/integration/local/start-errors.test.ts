import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Runtime, startRuntime } from '../../../local/runtime.ts';
import { StartError } from '../../../local/start-error.ts';
import { spawnRuntime } from './fixtures/spawn-runtime.ts';
import { removeTemporaryFolders, temporaryFolder } from './fixtures/temporary-folder.ts';
import {
  consumeQueue,
  functionUrl,
  getAtt,
  lambda,
  mapping,
  queue,
  type Resources,
  table,
  timer,
  writeAssembly,
} from './fixtures/write-assembly.ts';

afterAll(removeTemporaryFolders);

const emptyAssembly = writeAssembly({ Items: table(), Work: queue() });

const start = (dataDir: string, assembly = emptyAssembly, port = 0): Promise<Runtime> =>
  startRuntime({ dataDir, port, template: { assembly } });

/** The message of the StartError that the start ends with. */
async function problemOf(starting: Promise<Runtime>): Promise<string> {
  try {
    await (await starting).stop();
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
  throw new Error('It started');
}

/** A folder with the state of a runtime that has run. */
async function usedDataDir(): Promise<string> {
  const dataDir = temporaryFolder();
  await (await start(dataDir)).stop();
  return dataDir;
}

describe('on the command line a problem is one line on stderr and exit code 1', () => {
  async function linesOf(env: Record<string, string>, flags: string[] = []): Promise<string[]> {
    const runtime = spawnRuntime({ ASSEMBLY_DIR: emptyAssembly, DATA_DIR: temporaryFolder(), ...env }, flags);
    expect(await runtime.ended).toBe(1);
    expect(runtime.said().stdout).toBe('');
    return runtime.said().stderr.trimEnd().split('\n');
  }

  test.each(['http', '-1', '65536', '4.5'])('PORT=%s', async (port) => {
    expect(await linesOf({ PORT: port })).toEqual([`PORT must be a number from 0 to 65535, not "${port}".`]);
  });

  test('a taken port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const lines = await linesOf({ PORT: String(port) });
    server.close();
    expect(lines).toEqual([expect.stringMatching(/^Port \d+ is taken .*PORT=\d+ npm start/)]);
  });

  test('a DATA_DIR that is a file', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(await linesOf({ DATA_DIR: file })).toEqual([
      expect.stringMatching(/is a file, not a folder: set DATA_DIR/),
    ]);
  });

  test('a Node that is too old', async () => {
    const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.19.0'}})`;
    expect(await linesOf({}, ['--import', old])).toEqual([
      expect.stringMatching(/needs Node 24.*this is Node 20\.19\.0: run "npm ci", then "npm start"/),
    ]);
  });
});

describe('the data folder', () => {
  test('that cannot be written to', async () => {
    // Not a matter of permissions, which do not bind the superuser that tests may run as.
    expect(await problemOf(start('/proc/tallyhook'))).toMatch(/cannot be written to \(\w+\): set DATA_DIR/);
  });

  test('that another runtime uses', async () => {
    const dataDir = temporaryFolder();
    const runtime = await start(dataDir);
    expect(await problemOf(start(dataDir))).toMatch(
      new RegExp(`already runs with the folder .*process ${process.pid}`),
    );
    await runtime.stop();
    await (await start(dataDir)).stop();
  });

  test.each([
    ['DynamoDB', 'dynamodb.sqlite', 'not a database at all'.repeat(100)],
    ['SQS', 'sqs/fauxqs.db', 'not a database at all'.repeat(100)],
    ['keys', 'keys.json', '{"adminKey":'],
  ])('with damaged %s', async (_, file, content) => {
    const dataDir = await usedDataDir();
    writeFileSync(join(dataDir, file), content);
    expect(await problemOf(start(dataDir))).toMatch(/damaged.*restore/);
    expect(readFileSync(join(dataDir, file), 'utf8')).toBe(content);
  });

  test('with a database that was cut off', async () => {
    const dataDir = await usedDataDir();
    const file = join(dataDir, 'dynamodb.sqlite');
    truncateSync(file, statSync(file).size / 2);
    expect(await problemOf(start(dataDir))).toMatch(/damaged.*restore/);
  });

  test('with files of another kind is left alone', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'photos'));
    await (await start(dataDir)).stop();
    expect(statSync(join(dataDir, 'photos')).isDirectory()).toBe(true);
  });

  test('keeps keys for their owner only, the same at every start', async () => {
    const dataDir = await usedDataDir();
    const first = readFileSync(join(dataDir, 'keys.json'), 'utf8');
    const runtime = await startRuntime({
      dataDir,
      port: 0,
      template: { assembly: emptyAssembly },
      adminKey: 'given',
    });
    await runtime.stop();
    expect(runtime.adminKey).toBe('given');
    expect(first).toContain(runtime.ingestKey);
    expect(readFileSync(join(dataDir, 'keys.json'), 'utf8')).toBe(first);
    expect(statSync(join(dataDir, 'keys.json')).mode & 0o777).toBe(0o600);
  });
});

describe('a template', () => {
  const consumer = lambda('Consumer', 'consumer', [consumeQueue('Work')]);
  const cases: [string, Resources, RegExp][] = [
    [
      'with an unknown type of resource',
      { Cluster: { Type: 'AWS::ECS::Cluster' } },
      /cannot run: Cluster of type AWS::ECS::Cluster/,
    ],
    [
      'with an unknown property',
      { Work: queue({ Colour: 'red' }) },
      /Work \(AWS::SQS::Queue\) asks for something .*the property Colour/,
    ],
    [
      'with a value that is not supported',
      { ...consumer, Work: queue(), ...functionUrl('Consumer', ['*'], { AuthType: 'AWS_IAM' }) },
      /AuthType: only public Function URLs/,
    ],
    [
      'with an unknown intrinsic',
      { Work: queue({ QueueName: { 'Fn::If': ['a', 'b', 'c'] } }) },
      /Work: .* uses Fn::If/,
    ],
    ['that refers to nothing', { Work: queue({ QueueName: { Ref: 'Nowhere' } }) }, /refers to Nowhere/],
    [
      'whose mapping lacks a permission',
      { ...lambda('Consumer', 'consumer', []), Work: queue(), M: mapping('Consumer', getAtt('Work', 'Arn')) },
      /M would fail to deploy: the role of Consumer does not allow sqs:ReceiveMessage/,
    ],
    [
      'whose URL nobody may call',
      { ...consumer, Work: queue(), Url: functionUrl('Consumer', ['*'])['ConsumerUrl'] ?? queue() },
      /Url may not call Consumer: .* lambda:InvokeFunctionUrl/,
    ],
    [
      'whose URLs claim the same path',
      {
        ...consumer,
        ...lambda('Other', 'http', []),
        Work: queue(),
        ...functionUrl('Consumer', ['/x']),
        ...functionUrl('Other', ['/x']),
      },
      /OtherUrl and ConsumerUrl both claim the path \/x/,
    ],
    [
      'with a schedule that is no rate',
      { ...lambda('Tick', 'timer', []), ...timer('Daily', 'Tick', 'cron(0 0 * * ? *)') },
      /Daily has the schedule cron/,
    ],
    [
      'with a filter that is not understood',
      {
        Items: table({ StreamSpecification: { StreamViewType: 'NEW_IMAGE' } }),
        ...lambda('Follow', 'stream', []),
        M: mapping('Follow', getAtt('Items', 'StreamArn'), {
          StartingPosition: 'LATEST',
          FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"SizeBytes":[{"numeric":[">",1]}]}}' }] },
        }),
      },
      /M: the filter pattern uses \{"numeric"/,
    ],
    [
      'with a policy that has a condition',
      { ...lambda('Http', 'http', [{ Action: 's3:*', Resource: '*', ...{ Condition: { Bool: {} } } }]) },
      /HttpRole\/rights\/0 has a condition/,
    ],
  ];

  test.each(cases)('%s', async (_, resources, message) => {
    expect(await problemOf(start(temporaryFolder(), writeAssembly(resources)))).toMatch(message);
  });

  test('whose table has other keys than the one on disk', async () => {
    const dataDir = await usedDataDir();
    const changed = table({
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
    const problem = await problemOf(start(dataDir, writeAssembly({ Items: changed })));
    expect(problem).toMatch(/keys of the table Items differ/);
  });

  test('that gained an index, a stream and a redrive policy since the last start is brought in line', async () => {
    const dataDir = await usedDataDir();
    const runtime = await start(
      dataDir,
      writeAssembly({
        Items: table({
          AttributeDefinitions: ['pk', 'sk', 'u'].map((name) => ({
            AttributeName: name,
            AttributeType: 'S',
          })),
          GlobalSecondaryIndexes: [
            {
              IndexName: 'byUser',
              KeySchema: [{ AttributeName: 'u', KeyType: 'HASH' }],
              Projection: { ProjectionType: 'KEYS_ONLY' },
            },
          ],
          StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        }),
        Work: queue({ RedrivePolicy: { deadLetterTargetArn: getAtt('Dead', 'Arn'), maxReceiveCount: 3 } }),
        Dead: queue(),
      }),
    );
    const client = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    const dynamodb = new DynamoDBClient({ ...client, endpoint: runtime.endpoints.dynamodb });
    const sqs = new SQSClient({ ...client, endpoint: runtime.endpoints.sqs });
    try {
      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: 'Items' }));
      expect(Table).toMatchObject({
        GlobalSecondaryIndexes: [{ IndexName: 'byUser', IndexStatus: 'ACTIVE' }],
        StreamSpecification: { StreamEnabled: true },
      });
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: runtime.queues['Work'],
          AttributeNames: ['RedrivePolicy'],
        }),
      );
      expect(Attributes?.RedrivePolicy).toContain('"maxReceiveCount":3');
    } finally {
      dynamodb.destroy();
      sqs.destroy();
      await runtime.stop();
    }
  });
});

test.each(['https://dynamodb.us-east-1.amazonaws.com', 'localhost:8000', 'nonsense'])(
  'DYNAMODB_ENDPOINT=%s',
  async (dynamodbEndpoint) => {
    const starting = startRuntime({
      dataDir: temporaryFolder(),
      port: 0,
      template: { assembly: emptyAssembly },
      dynamodbEndpoint,
    });
    expect(await problemOf(starting)).toMatch(/DYNAMODB_ENDPOINT must be the http:\/\/ URL of an emulator/);
  },
);
