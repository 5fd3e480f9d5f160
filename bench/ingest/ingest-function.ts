import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import type { FoundApiKey } from '../../adapters/api-keys.ts';
import { ErasureStore } from '../../adapters/erasure-store.ts';
import { EventQueue } from '../../adapters/event-queue.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { FeedStore } from '../../adapters/feed-store.ts';
import { RequestFeed } from '../../adapters/request-feed.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { ingestHandler } from '../../functions/ingest/handler.ts';
import { postEvent } from '../lambda-events.ts';

// The ingest function in this process, on stores of the benchmark's choosing.

interface Stores {
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
}

export function ingestFunction(
  { dynamo, sqs, queueUrl }: Stores,
  tables: { readonly events: string; readonly operations: string },
): ReturnType<typeof ingestHandler> {
  // Every request carries the one key that there is.
  const key: FoundApiKey = {
    ...{ id: 'key_0123456789abcdef', scope: 'ingest', name: 'Segment', prefix: 'ing_0123' },
    ...{ createdAt: 0, signatureSecrets: [] },
  };
  return ingestHandler({
    events: new EventStore(dynamo, tables.events),
    queue: new EventQueue(sqs, queueUrl),
    retryMarkers: new RetryMarkers(dynamo, tables.operations),
    keys: new ApiKeyCache({ findByHash: () => Promise.resolve(key) }, Date.now),
    feed: new RequestFeed(new FeedStore(dynamo, tables.operations), Date.now),
    erasures: new ErasureStore(dynamo, tables.operations),
    ready: () => Promise.resolve(true),
    now: Date.now,
  });
}

/** A request of Segment's webhook. */
export const requestOf = (body: string): APIGatewayProxyEventV2 =>
  postEvent('/segment', body, {
    authorization: 'Bearer ing_0123456789abcdef0123456789abcdef',
    host: 'abcdefghijklmnop.lambda-url.us-east-1.on.aws',
  });
