import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ApiKeyStore } from '../adapters/api-keys.ts';
import type { LogSink } from './log.ts';
import type { Plan } from './template/plan.ts';

/** Makes the printed ingest key a valid one, in the table where functions look for keys. */
export async function seedIngestKey(
  client: DynamoDBClient,
  plan: Plan,
  secret: string,
  log: LogSink,
): Promise<void> {
  const table = plan.functions
    .map(({ environment }) => environment['OPERATIONS_TABLE'])
    .find((name) => name !== undefined);
  if (table === undefined) return;
  const key = await new ApiKeyStore(client, table).ensure(
    secret,
    { scope: 'ingest', name: 'npm start' },
    Date.now(),
  );
  if (key.revokedAt === undefined) return;
  log({
    source: 'runtime',
    level: 'warn',
    text: 'The ingest key of this DATA_DIR was revoked in the dashboard: use another one, or set TALLYHOOK_INGEST_KEY to a new one.',
  });
}
