import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { AdminSecret } from '../../adapters/admin-secret.ts';
import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { ArrivalStore } from '../../adapters/arrival-store.ts';
import { BillingSecret } from '../../adapters/billing-secret.ts';
import { ConfigStore } from '../../adapters/config-store.ts';
import { EVENT_SK, eventPk, type NewEvent } from '../../adapters/event-item.ts';
import { CursorSecret } from '../../adapters/cursor-secret.ts';
import { ErasureStore } from '../../adapters/erasure-store.ts';
import { EventList } from '../../adapters/event-list.ts';
import { EventScan } from '../../adapters/event-scan.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { FeatureUsers } from '../../adapters/feature-users.ts';
import { FeedStore } from '../../adapters/feed-store.ts';
import { FlagStore } from '../../adapters/flag-store.ts';
import { IdempotencyStore } from '../../adapters/idempotency-store.ts';
import { ImportQueue } from '../../adapters/import-queue.ts';
import { ImportStore } from '../../adapters/import-store.ts';
import { JobStore } from '../../adapters/job-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { KeyUse } from '../../adapters/key-use.ts';
import { MergeStore } from '../../adapters/merge-store.ts';
import { newRuleId } from '../../adapters/rule-id.ts';
import { Quarantine } from '../../adapters/quarantine.ts';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { settleEvents } from '../../adapters/settle-events.ts';
import { SettingsStore } from '../../adapters/settings-store.ts';
import { SessionStore } from '../../adapters/session-store.ts';
import { SignInAttempts } from '../../adapters/sign-in-attempts.ts';
import { SweepQueue } from '../../adapters/sweep-queue.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { UsageStore } from '../../adapters/usage-store.ts';
import { UserImport } from '../../adapters/user-import.ts';
import { UserList } from '../../adapters/user-list.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { createAdminApp } from '../../functions/admin/app.ts';
import { DashboardFiles } from '../../functions/admin/dashboard-files.ts';
import type { TestTables } from './dynamo.ts';
import { stubbedSqs } from './stubbed-sqs.ts';

// The admin API on an embedded DynamoDB, called without HTTP, with the clock in the test's hand.

export const ADMIN_KEY = 'admin-key-for-tests';

/** A build of the dashboard, small enough to read. */
const DASHBOARD = new Map(
  ['index.html', 'assets/a-1.js', 'assets/a-1.js.br', 'assets/a-1.js.gz', 'assets/f-1.woff2'].map(
    (name) => [name, new TextEncoder().encode(`bytes of ${name}`)] as const,
  ),
);

export interface AdminCall {
  /** The admin key, unless given; null sends none. */
  readonly key?: string | null;
  readonly body?: unknown;
  /** The body as it is, instead of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A file, instead of `body`. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** The address that it comes from. */
  readonly source?: string;
}

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The tests say what they expect of it. */
  readonly body: unknown;
}

export type Admin = ReturnType<typeof createAdmin>;

/** The events queue as far as sending goes: what was sent, and whether SQS answers. */
export class SentKeys {
  readonly keys: string[] = [];
  fails = false;

  send(eventKeys: readonly string[]): Promise<readonly string[]> {
    if (this.fails) return Promise.resolve(eventKeys);
    this.keys.push(...eventKeys);
    return Promise.resolve([]);
  }
}

export function createAdmin(dynamo: DynamoDBClient, tables: TestTables) {
  const queue = new SentKeys();
  const clock = { now: Date.parse('2026-11-23T12:00:00Z') };
  const now = (): number => clock.now;
  const secret = { key: ADMIN_KEY, fails: false };
  const billing = { key: '{}', fails: false };
  const importQueue: { sent: string[]; fails: boolean } = { sent: [], fails: false };
  const keyUse = new KeyUse(dynamo, tables.operations);
  const reprocessQueue = { sent: [] as string[], fails: false, takesNothing: false };
  const keys = new ApiKeyStore(dynamo, tables.operations);
  const events = new EventStore(dynamo, tables.events);
  const unmapped = new UnmappedStore(dynamo, tables.events);
  const scan = new EventScan(dynamo, tables.events);
  const users = new UserStore(dynamo, tables.users);
  const config = new ConfigStore(dynamo, tables.config, { now, newRuleId });
  const app = createAdminApp({
    dashboard: new DashboardFiles((name) => Promise.resolve(DASHBOARD.get(name))),
    ingestUrl: 'https://events.example.com/',
    adminSecret: new AdminSecret(secretsOf(secret), 'arn:test', now),
    keyCache: new ApiKeyCache(keys, now, keyUse),
    keyUse,
    keys,
    sessions: new SessionStore(dynamo, tables.operations),
    signIns: new SignInAttempts(dynamo, tables.operations),
    config,
    rulesets: new RulesetStore(dynamo, tables.config),
    usage: new UsageStore(dynamo, tables.usage),
    arrivals: new ArrivalStore(dynamo, tables.usage),
    featureUsers: new FeatureUsers(dynamo, tables.usage),
    events,
    eventList: new EventList(dynamo, tables.events, events, unmapped),
    scan,
    quarantine: new Quarantine(dynamo, tables, {
      events,
      markers: new RetryMarkers(dynamo, tables.operations),
      queue,
    }),
    feed: new FeedStore(dynamo, tables.operations),
    unmapped,
    users,
    merges: new MergeStore(dynamo, tables.users, users),
    flags: new FlagStore(dynamo, tables.users, users),
    userList: new UserList(dynamo, tables.users),
    erasures: new ErasureStore(dynamo, tables.operations),
    erasureQueue: { send: () => Promise.resolve() },
    jobs: new JobStore(dynamo, tables.operations),
    reconciliations: new ReconciliationStore(dynamo, tables.operations),
    reprocessQueue: new SweepQueue(queueOf(reprocessQueue), 'http://queue.invalid/reprocess'),
    imports: new ImportStore(dynamo, tables.operations),
    importQueue: new ImportQueue(queueOf(importQueue), 'http://queue.invalid/imports'),
    userImport: new UserImport(dynamo, tables.users, users),
    settings: new SettingsStore(dynamo, tables.config, now),
    billingSecret: new BillingSecret(secretsOf(billing), 'arn:billing', now),
    cursorSecret: new CursorSecret(dynamo, tables.operations),
    idempotency: new IdempotencyStore(dynamo, tables.operations),
    now,
  });
  const settling = { dynamo, tables, events, users, rulesets: new RulesetStore(dynamo, tables.config), now };

  return {
    app,
    clock,
    secret,
    queue,
    /** For whoever shares the secret and the queue with this API. */
    secretsOfBilling: secretsOf(billing),
    sqsOfImports: queueOf(importQueue),
    /** Bodies of the messages for the imports function. */
    importQueue,
    /** Whether the reprocess queue answers, and whether it takes what a batch holds. */
    reprocessQueue,
    /** What the secret of the billing providers holds. */
    billing,
    keys,
    config,
    scan,
    rulesets: settling.rulesets,
    settling,
    events,
    jobs: new JobStore(dynamo, tables.operations),
    feed: new FeedStore(dynamo, tables.operations),

    async call(method: string, path: string, call: AdminCall = {}): Promise<AdminAnswer> {
      const { key = ADMIN_KEY, body, headers } = call;
      const text = call.text ?? (body === undefined ? undefined : JSON.stringify(body));
      const request = {
        method,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(text !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(text !== undefined && { body: text }),
        ...(call.bytes !== undefined && { body: call.bytes }),
      };
      const response = await app.request(path, request, { source: call.source ?? '192.0.2.1' });
      return answerOf(response);
    },

    /** Signs in; returns the headers that a page of this session sends with a change. */
    async signIn(key = ADMIN_KEY): Promise<{ readonly cookie: string; readonly 'x-csrf-token': string }> {
      const answer = await this.call('POST', '/api/session', { key: null, body: { key } });
      return {
        cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '',
        'x-csrf-token': fieldOf(answer, 'csrfToken'),
      };
    },

    /** Tries unmapped events again, as reprocessing does. */
    async resettle(...messageIds: readonly string[]): Promise<void> {
      await settleEvents(settling, messageIds.map(eventKeyOf), { from: 'unmapped', deadline: Infinity });
    },

    /** Makes the body of a stored event unreadable. */
    async damage(messageId: string): Promise<void> {
      await dynamo.send(
        new UpdateItemCommand({
          TableName: tables.events,
          Key: { pk: { S: eventPk(eventKeyOf(messageId)) }, sk: { S: EVENT_SK } },
          UpdateExpression: 'SET b = :b',
          ExpressionAttributeValues: { ':b': { B: Buffer.from('nonsense') } },
        }),
      );
    },

    /** Stores these events, in the shape that Segment sends, and gives each its outcome by the rules of this moment. */
    async settle(...payloads: readonly EventPayload[]): Promise<void> {
      const stored = payloads.map((payload) => toNewEvent(payload, clock.now));
      await Promise.all(stored.map((event) => events.put(event)));
      const keysOfAll = stored.map(({ key }) => key);
      const { failed } = await settleEvents(settling, keysOfAll, { from: 'received', deadline: Infinity });
      if (failed.length > 0) throw new Error('An event could not be settled.', { cause: failed });
    },
  };
}

export interface EventPayload {
  readonly type?: 'track' | 'identify';
  readonly messageId: string;
  readonly userId?: string;
  readonly event?: string;
  readonly timestamp?: string;
  readonly apiKeyId?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly traits?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
}

export function toNewEvent(payload: EventPayload, receivedAt: number): NewEvent {
  const { apiKeyId = 'key_of_test', ...said } = payload;
  const { type = 'track', messageId, userId = 'user-1', event = 'Message Sent', timestamp } = payload;
  return {
    key: eventKeyOf(messageId),
    messageId,
    type,
    userId,
    ...(type === 'track' && { name: event }),
    time: timestamp === undefined ? receivedAt : Date.parse(timestamp),
    receivedAt,
    dialect: 'webhook',
    apiKeyId,
    text: JSON.stringify({ type, userId, ...(type === 'track' && { event }), ...said }),
  };
}

async function answerOf(response: Response): Promise<AdminAnswer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : text };
}

/** A queue that notes what it takes. */
const queueOf = (queue: {
  readonly sent: string[];
  readonly fails: boolean;
  readonly takesNothing?: boolean;
}): SQSClient =>
  stubbedSqs((bodies) => {
    if (queue.fails) throw unreachable();
    if (queue.takesNothing === true) return bodies.map(() => ({ Code: 'InternalError', SenderFault: false }));
    queue.sent.push(...bodies);
    return undefined;
  });

const unreachable = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** Secrets Manager as far as reading one secret goes. */
function secretsOf(secret: { readonly key: string; readonly fails: boolean }): SecretsManagerClient {
  const client = new SecretsManagerClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  client.middlewareStack.add(
    () => () =>
      secret.fails
        ? Promise.reject(unreachable())
        : Promise.resolve({ output: { $metadata: {}, SecretString: secret.key }, response: undefined }),
    { step: 'initialize', name: 'secret' },
  );
  return client;
}

/** The text in a field of an answer; empty when there is none. */
export function fieldOf({ body }: AdminAnswer, name: string): string {
  const fields = new Map(typeof body === 'object' && body !== null ? Object.entries(body) : []);
  const value: unknown = fields.get(name);
  return typeof value === 'string' ? value : '';
}

/** One field of every row of a list in an answer. */
export function column({ body }: AdminAnswer, list: string, field: string): string[] {
  const lists = new Map<string, unknown>(
    typeof body === 'object' && body !== null ? Object.entries(body) : [],
  );
  const rows: unknown = lists.get(list);
  if (!Array.isArray(rows)) throw new Error(`The answer has no list "${list}".`);
  return rows.map((row: unknown) =>
    fieldOf({ status: 0, headers: new Headers(), text: '', body: row }, field),
  );
}
