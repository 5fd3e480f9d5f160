import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';

// Made once per container. The SDK has no request timeout of its own: a connection that hangs would hold a function until
// Lambda kills it. Endpoints, region and credentials come from the SDK's standard environment variables.

const REQUEST_TIMEOUT_MS = 4_000;
const CONNECTION_TIMEOUT_MS = 1_000;

const requestHandler = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  throwOnRequestTimeout: true,
  connectionTimeout: CONNECTION_TIMEOUT_MS,
  httpsAgent: { keepAlive: true, maxSockets: 128 },
  httpAgent: { keepAlive: true, maxSockets: 128 },
};

export function dynamoClient(): DynamoDBClient {
  return withoutLogger(new DynamoDBClient({ requestHandler, maxAttempts: 4 }));
}

export function sqsClient(): SQSClient {
  // MD5 of message bodies guards against corruption that TLS already excludes; it costs CPU on every message.
  return withoutLogger(new SQSClient({ requestHandler, maxAttempts: 4, md5: false }));
}

/**
 * The SDK copies every request and answer, to mask what is sensitive, before it asks whether anybody logs them. Nobody
 * does (no bodies in logs), and of reading many events the copy is a fifth of the time.
 */
export function withoutLogger<Client extends DynamoDBClient | SQSClient>(client: Client): Client {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
