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

/** As a Function URL hands it over. */
export function requestOf(body: string): APIGatewayProxyEventV2 {
  const host = 'abcdefghijklmnop.lambda-url.us-east-1.on.aws';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/segment',
    rawQueryString: '',
    headers: {
      authorization: 'Bearer ing_0123456789abcdef0123456789abcdef',
      'content-type': 'application/json',
      host,
    },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'abcdefghijklmnop',
      domainName: host,
      domainPrefix: 'abcdefghijklmnop',
      http: {
        method: 'POST',
        path: '/segment',
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.1',
        userAgent: 'bench',
      },
      requestId: 'b6f8a9d2-0000-4000-8000-000000000000',
      routeKey: '$default',
      stage: '$default',
      time: '25/Nov/2026:12:00:00 +0000',
      timeEpoch: 0,
    },
    body,
    isBase64Encoded: false,
  };
}
