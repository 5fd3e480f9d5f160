import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { dynamoClient, sqsClient } from '../../adapters/clients.ts';
import { ErasureStore } from '../../adapters/erasure-store.ts';
import { EventQueue } from '../../adapters/event-queue.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { FeedStore } from '../../adapters/feed-store.ts';
import { KeyUse } from '../../adapters/key-use.ts';
import { reachQueue } from '../../adapters/queue-health.ts';
import { RequestFeed } from '../../adapters/request-feed.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { readEnvironment } from './environment.ts';
import { ingestHandler } from './handler.ts';

const environment = readEnvironment(process.env);
const dynamo = dynamoClient();
const sqs = sqsClient();
const keys = new ApiKeyStore(dynamo, environment.OPERATIONS_TABLE);

export const handler = ingestHandler({
  events: new EventStore(dynamo, environment.EVENTS_TABLE),
  queue: new EventQueue(sqs, environment.EVENTS_QUEUE_URL),
  retryMarkers: new RetryMarkers(dynamo, environment.OPERATIONS_TABLE),
  keys: new ApiKeyCache(keys, Date.now, new KeyUse(dynamo, environment.OPERATIONS_TABLE)),
  feed: new RequestFeed(new FeedStore(dynamo, environment.OPERATIONS_TABLE), Date.now),
  erasures: new ErasureStore(dynamo, environment.OPERATIONS_TABLE),
  // Reading the key store and the queue is what accepting an event needs first.
  ready: () =>
    Promise.all([keys.find('health'), reachQueue(sqs, environment.EVENTS_QUEUE_URL)]).then(
      () => true,
      () => false,
    ),
  now: Date.now,
});
