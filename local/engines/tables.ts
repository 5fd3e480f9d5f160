import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type GlobalSecondaryIndex,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { setTimeout as delay } from 'node:timers/promises';
import type { IndexPlan, TablePlan } from '../template/plan.ts';
import { StartError } from '../start-error.ts';

// Brings the tables of an engine in line with the template, as a deployment would: what is missing is created, what can
// be changed is changed, nothing is ever deleted. Keys cannot be changed, there as here.

const ACTIVE_WAIT_MS = 120_000;
const ACTIVE_POLL_MS = 200;

export async function bringTablesInLine(client: DynamoDBClient, tables: readonly TablePlan[]): Promise<void> {
  await Promise.all(tables.map((table) => bringInLine(client, table)));
}

async function bringInLine(client: DynamoDBClient, table: TablePlan): Promise<void> {
  const existing = await describe(client, table.name);
  if (existing === undefined) await create(client, table);
  else await update(client, table, existing);
  if (table.ttlAttribute !== undefined) await enableTtl(client, table.name, table.ttlAttribute);
}

async function create(client: DynamoDBClient, table: TablePlan): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: table.name,
      AttributeDefinitions: [...table.attributes],
      KeySchema: [...table.keySchema],
      BillingMode: 'PAY_PER_REQUEST',
      ...(table.globalIndexes.length > 0 ? { GlobalSecondaryIndexes: table.globalIndexes.map(toIndex) } : {}),
      ...(table.localIndexes.length > 0 ? { LocalSecondaryIndexes: table.localIndexes.map(toIndex) } : {}),
      ...(table.streamView === undefined
        ? {}
        : { StreamSpecification: { StreamEnabled: true, StreamViewType: table.streamView } }),
    }),
  );
  await active(client, table.name);
}

async function update(client: DynamoDBClient, table: TablePlan, existing: TableDescription): Promise<void> {
  const keysOf = (keys: TableDescription['KeySchema']): string =>
    JSON.stringify((keys ?? []).map(({ AttributeName, KeyType }) => [KeyType, AttributeName]).sort());
  if (keysOf(existing.KeySchema) !== keysOf([...table.keySchema])) {
    throw new StartError(
      `The keys of the table ${table.name} differ from those stored in DATA_DIR, and keys cannot be changed: give the table a new name in the stack, or move DATA_DIR away to start empty.`,
    );
  }
  if (table.streamView !== undefined && existing.StreamSpecification?.StreamEnabled !== true) {
    await client.send(
      new UpdateTableCommand({
        TableName: table.name,
        StreamSpecification: { StreamEnabled: true, StreamViewType: table.streamView },
      }),
    );
    await active(client, table.name);
  }
  const present = new Set((existing.GlobalSecondaryIndexes ?? []).map((index) => index.IndexName));
  for (const index of table.globalIndexes) {
    if (present.has(index.IndexName)) continue;
    await client.send(
      new UpdateTableCommand({
        TableName: table.name,
        AttributeDefinitions: [...table.attributes],
        GlobalSecondaryIndexUpdates: [{ Create: toIndex(index) }],
      }),
    );
    await active(client, table.name);
  }
}

async function enableTtl(client: DynamoDBClient, name: string, attribute: string): Promise<void> {
  const { TimeToLiveDescription: ttl } = await client.send(
    new DescribeTimeToLiveCommand({ TableName: name }),
  );
  if (ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING') return;
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: name,
      TimeToLiveSpecification: { AttributeName: attribute, Enabled: true },
    }),
  );
}

async function describe(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** The embedded engine is done when it answers; other engines take their time over tables and indexes. */
async function active(client: DynamoDBClient, name: string): Promise<void> {
  const deadline = Date.now() + ACTIVE_WAIT_MS;
  for (;;) {
    const table = await describe(client, name);
    const indexes = table?.GlobalSecondaryIndexes ?? [];
    const ready = table?.TableStatus === 'ACTIVE' && indexes.every((index) => index.IndexStatus === 'ACTIVE');
    if (ready) return;
    if (Date.now() > deadline)
      throw new StartError(`The table ${name} did not become active within two minutes.`);
    await delay(ACTIVE_POLL_MS);
  }
}

function toIndex({ IndexName, KeySchema, Projection }: IndexPlan): GlobalSecondaryIndex {
  const { ProjectionType, NonKeyAttributes } = Projection;
  return {
    IndexName,
    KeySchema,
    Projection: { ProjectionType, ...(NonKeyAttributes === undefined ? {} : { NonKeyAttributes }) },
  };
}
