import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Tables } from './commit-plan.ts';
import { ErasureQueue } from './erasure-queue.ts';
import { ErasureStore } from './erasure-store.ts';
import { EventStore } from './event-store.ts';
import { UserEraser } from './user-eraser.ts';
import { UserTraces } from './user-traces.ts';

/** What carrying out erasures needs. */
export interface Erasing {
  readonly dynamo: DynamoDBClient;
  readonly tables: Tables;
  readonly events: EventStore;
  readonly erasures: ErasureStore;
  readonly queue: ErasureQueue;
  readonly traces: UserTraces;
  readonly eraser: UserEraser;
}

export function createErasing(
  clients: { readonly dynamo: DynamoDBClient; readonly sqs: SQSClient },
  tables: Tables & { readonly operations: string },
  queueUrl: string,
): Erasing {
  const { dynamo, sqs } = clients;
  return {
    dynamo,
    tables,
    events: new EventStore(dynamo, tables.events),
    erasures: new ErasureStore(dynamo, tables.operations),
    queue: new ErasureQueue(sqs, queueUrl),
    traces: new UserTraces(dynamo, tables),
    eraser: new UserEraser(dynamo, tables),
  };
}
