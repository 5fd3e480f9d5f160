import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamodbBinary } from '../../local/engines/dynamodb-binary.ts';
import { startDynamodbEngine } from '../../local/engines/dynamodb-engine.ts';
import { startWatchdog } from '../../local/engines/watchdog.ts';
import type { Index } from './write-units.ts';

// The embedded engine with fresh tables for each scenario, so that no scenario meets what another wrote.

export interface Tables {
  readonly events: string;
  readonly usage: string;
  readonly users: string;
  readonly config: string;
  readonly operations: string;
}

/** As in infra/storage.ts. */
export const INDEXES: Readonly<Partial<Record<keyof Tables, readonly Index[]>>> = {
  events: [{ name: 'byUser', keys: ['u', 't'], projection: 'keys' }],
  usage: [{ name: 'byFeatureDay', keys: ['fd', 'pk'], projection: 'keys' }],
};

export interface Engine {
  client(): DynamoDBClient;
  createTable(name: string, indexes: readonly Index[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startEngine(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyhook-units-'));
  const watchdog = startWatchdog();
  const engine = await startDynamodbEngine({
    binary: dynamodbBinary(),
    file: join(folder, 'dynamodb.db'),
    log: () => undefined,
    watchdog,
  });
  const clients: DynamoDBClient[] = [];
  const client = (): DynamoDBClient => {
    const made = new DynamoDBClient({
      endpoint: engine.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    });
    clients.push(made);
    return made;
  };
  const admin = client();
  return {
    client,
    async createTable(name, indexes) {
      const table = `${name}-${randomBytes(4).toString('hex')}`;
      const attributes = ['pk', 'sk', ...indexes.flatMap(({ keys }) => keys)];
      await admin.send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          AttributeDefinitions: [...new Set(attributes)].map((AttributeName) => ({
            AttributeName,
            AttributeType: 'S',
          })),
          ...(indexes.length > 0 && {
            GlobalSecondaryIndexes: indexes.map(
              ({ name: IndexName, keys: [partition, sort], projection }) => ({
                IndexName,
                KeySchema: [
                  { AttributeName: partition, KeyType: 'HASH' },
                  { AttributeName: sort, KeyType: 'RANGE' },
                ],
                Projection: { ProjectionType: projection === 'all' ? 'ALL' : 'KEYS_ONLY' },
              }),
            ),
          }),
        }),
      );
      return table;
    },
    async stop() {
      for (const made of clients) made.destroy();
      await engine.stop();
      await watchdog.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
