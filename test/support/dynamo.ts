import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { dynamodbBinary } from '../../local/engines/dynamodb-binary.ts';
import { freePort } from '../../local/engines/free-port.ts';

// A DynamoDB for one test file: the engine that the local runtime embeds, in memory, behind the real SDK. Each call of
// `tables()` makes five empty tables under a random prefix, so that tests of one file share nothing but the process.

export interface TestTables {
  readonly events: string;
  readonly usage: string;
  readonly users: string;
  readonly config: string;
  readonly operations: string;
}

export interface TestDynamo {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  /** Five empty tables, shaped as docs/architecture.md says. */
  tables(): Promise<TestTables>;
  stop(): Promise<void>;
}

const PORT_ATTEMPTS_MAX = 5;

export async function startTestDynamo(): Promise<TestDynamo> {
  const { child, endpoint } = await launch();
  // A worker that jest ends early must not leave the engine behind.
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return {
    endpoint,
    client,
    tables: () => createTables(client),
    stop: async () => {
      client.destroy();
      process.off('exit', killChild);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function launch(): Promise<{ child: ChildProcess; endpoint: string }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = spawn(dynamodbBinary(), ['serve', '--host', '127.0.0.1', '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const failure = await listening(child);
    if (failure === undefined) return { child, endpoint: `http://127.0.0.1:${String(port)}` };
    // Another test may have taken the port between asking for it and using it.
    if (attempt === PORT_ATTEMPTS_MAX) throw new Error(`The embedded DynamoDB did not start: ${failure}`);
  }
}

function listening(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = '';
    const listen = (text: string): void => {
      said += text;
      if (said.includes('listening')) resolve(undefined);
    };
    // dynoxide 1.2 says it on stderr.
    child.stderr?.setEncoding('utf8').on('data', listen);
    child.stdout?.setEncoding('utf8').on('data', listen);
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code) => {
      resolve(said.trim() || `exit code ${String(code)}`);
    });
  });
}

async function createTables(client: DynamoDBClient): Promise<TestTables> {
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const tables: TestTables = {
    events: `${prefix}-events`,
    usage: `${prefix}-usage`,
    users: `${prefix}-users`,
    config: `${prefix}-config`,
    operations: `${prefix}-operations`,
  };
  const plain = (name: string): CreateTableCommandInput => ({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: ['pk', 'sk'].map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
  });
  const events: CreateTableCommandInput = {
    ...plain(tables.events),
    AttributeDefinitions: ['pk', 'sk', 'u', 't'].map((name) => ({
      AttributeName: name,
      AttributeType: 'S' as const,
    })),
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byUser',
        KeySchema: [
          { AttributeName: 'u', KeyType: 'HASH' },
          { AttributeName: 't', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  };
  const config: CreateTableCommandInput = {
    ...plain(tables.config),
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  };
  const usage: CreateTableCommandInput = {
    ...plain(tables.usage),
    AttributeDefinitions: ['pk', 'sk', 'fd'].map((name) => ({
      AttributeName: name,
      AttributeType: 'S' as const,
    })),
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byFeatureDay',
        KeySchema: [
          { AttributeName: 'fd', KeyType: 'HASH' },
          { AttributeName: 'pk', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  };
  const wanted = [events, usage, plain(tables.users), config, plain(tables.operations)];
  await Promise.all(wanted.map((input) => client.send(new CreateTableCommand(input))));
  return tables;
}
