import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { reasonOf } from '../caught.ts';
import type { LogSink } from '../log.ts';
import type { TablePlan } from '../template/plan.ts';
import { type EventSource, pause } from './event-source.ts';

// Deletes items whose time to live is over, which the embedded engine does not do. AWS promises "within a few days"; this
// looks every few minutes. Like AWS, it deletes only under the condition that the time has not changed.

interface TtlSweeperOptions {
  readonly tables: readonly TablePlan[];
  readonly client: DynamoDBClient;
  readonly scale: number;
  readonly log: LogSink;
}

const PERIOD_MS = 5 * 60_000;

export function startTtlSweeper({ tables, client, scale, log }: TtlSweeperOptions): EventSource {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function sweep(table: TablePlan, attribute: string): Promise<void> {
    const now = { N: String(Math.floor(Date.now() / 1000)) };
    const names = Object.fromEntries(
      table.keySchema.map(({ AttributeName }, index) => [`#k${index}`, AttributeName]),
    );
    const pages = paginateScan(
      { client },
      {
        TableName: table.name,
        FilterExpression: '#ttl < :now',
        ProjectionExpression: Object.keys(names).join(', '),
        ExpressionAttributeNames: { '#ttl': attribute, ...names },
        ExpressionAttributeValues: { ':now': now },
      },
    );
    for await (const page of pages) {
      for (const key of page.Items ?? []) {
        if (signal.aborted) return;
        await client
          .send(
            new DeleteItemCommand({
              TableName: table.name,
              Key: key,
              ConditionExpression: '#ttl < :now',
              ExpressionAttributeNames: { '#ttl': attribute },
              ExpressionAttributeValues: { ':now': now },
            }),
          )
          .catch((error: unknown) => {
            if (!(error instanceof ConditionalCheckFailedException)) throw error;
          });
      }
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      for (const table of tables) {
        if (table.ttlAttribute === undefined) continue;
        try {
          await sweep(table, table.ttlAttribute);
        } catch (error) {
          const reason = reasonOf(error);
          log({ source: 'runtime', level: 'debug', text: `Cannot sweep ${table.name} for now: ${reason}` });
        }
      }
      await pause(PERIOD_MS / scale, signal);
    }
  }

  const ended = run();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}
