import { createHmac } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, SQSEvent } from 'aws-lambda';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { ConfigStore } from '../../adapters/config-store.ts';
import { toQueueMessage } from '../../adapters/event-queue.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import type { FunctionName } from '../../infra/grants.ts';
import { batchEvent, postEvent } from '../lambda-events.ts';
import { trackEvent } from '../pipeline/load.ts';

// What each function does first after a cold start, up to and including its first write, and what it must find for it.

const INGEST_KEY = 'th_ingest_of-the-benchmark';
const STRIPE_SECRET = 'whsec_of-the-benchmark';
const ADMIN_KEY = 'th_admin_of-the-benchmark';
const QUEUE = '/000000000000/queue';

export const secrets: Readonly<Record<string, string>> = {
  'secret-admin': ADMIN_KEY,
  'secret-billing': JSON.stringify({ stripeWebhookSecret: STRIPE_SECRET }),
};

/** Of every function; none reads more than it knows. */
export const environmentFor = (url: string): Readonly<Record<string, string>> => ({
  EVENTS_TABLE: 'events',
  USAGE_TABLE: 'usage',
  USERS_TABLE: 'users',
  CONFIG_TABLE: 'config',
  OPERATIONS_TABLE: 'operations',
  EVENTS_QUEUE_URL: url + QUEUE,
  REPROCESS_QUEUE_URL: url + QUEUE,
  IMPORTS_QUEUE_URL: url + QUEUE,
  LAST_CHANCE_QUEUE_ARN: 'arn:aws:sqs:us-east-1:000000000000:last-chance',
  ADMIN_KEY_SECRET_ARN: 'secret-admin',
  BILLING_SECRET_ARN: 'secret-billing',
  INGEST_URL: `${url}/`,
  AWS_ENDPOINT_URL: url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
});

/** Writes what the functions read into the stub: an ingest key, a feature with a rule, and a stored event. */
export async function seed(url: string, now: number): Promise<void> {
  const dynamo = new DynamoDBClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  });
  const keys = new ApiKeyStore(dynamo, 'operations');
  await keys.ensure(INGEST_KEY, { scope: 'ingest', name: 'bench' }, now);
  const config = new ConfigStore(dynamo, 'config', { now: () => now, newRuleId: () => 'rul_bench' });
  await config.createFeature('messages', { name: 'Messages', type: 'consumable', archived: false });
  const body = trackEvent('cold', 0, new Date(now).toISOString());
  await new EventStore(dynamo, 'events').put({
    key: eventKeyOf(body.messageId),
    messageId: body.messageId,
    type: 'track',
    userId: body.userId,
    name: body.event,
    time: now,
    receivedAt: now,
    dialect: 'webhook',
    apiKeyId: 'key_bench',
    text: JSON.stringify(body),
  });
  dynamo.destroy();
}

export function firstEventOf(
  name: FunctionName,
  now: number,
): SQSEvent | APIGatewayProxyEventV2 | { readonly trigger: 'timer' } {
  switch (name) {
    case 'ingest': {
      const body = JSON.stringify(trackEvent('cold', 1, new Date(now).toISOString()));
      return postEvent('/segment', body, { authorization: `Bearer ${INGEST_KEY}` });
    }
    case 'process':
      return batchEvent([toQueueMessage([eventKeyOf(trackEvent('cold', 0, '').messageId)])]);
    case 'reprocess':
      return { trigger: 'timer' };
    case 'imports':
      return stripeWebhook(now);
    case 'admin': {
      const feature = { id: 'reports', name: 'Reports', type: 'consumable' };
      return postEvent('/api/features', JSON.stringify(feature), { authorization: `Bearer ${ADMIN_KEY}` });
    }
  }
}

function stripeWebhook(now: number): APIGatewayProxyEventV2 {
  const seconds = Math.floor(now / 1_000);
  const body = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'customer.created',
    created: seconds,
    data: { object: { id: 'cus_1', object: 'customer', email: 'ada@example.com', name: 'Ada' } },
  });
  const signature = createHmac('sha256', STRIPE_SECRET).update(`${seconds}.${body}`).digest('hex');
  return postEvent('/api/webhooks/stripe', body, { 'stripe-signature': `t=${seconds},v1=${signature}` });
}
