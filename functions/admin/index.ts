import { join } from 'node:path';
import { AdminSecret, secretsClient } from '../../adapters/admin-secret.ts';
import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { ArrivalStore } from '../../adapters/arrival-store.ts';
import { BillingSecret } from '../../adapters/billing-secret.ts';
import { dynamoClient, sqsClient } from '../../adapters/clients.ts';
import { ConfigStore } from '../../adapters/config-store.ts';
import { CursorSecret } from '../../adapters/cursor-secret.ts';
import { ErasureQueue } from '../../adapters/erasure-queue.ts';
import { ErasureStore } from '../../adapters/erasure-store.ts';
import { EventList } from '../../adapters/event-list.ts';
import { EventQueue } from '../../adapters/event-queue.ts';
import { EventScan } from '../../adapters/event-scan.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { FeatureUsers } from '../../adapters/feature-users.ts';
import { FeedStore } from '../../adapters/feed-store.ts';
import { FlagStore } from '../../adapters/flag-store.ts';
import { IdempotencyStore } from '../../adapters/idempotency-store.ts';
import { ImportQueue } from '../../adapters/import-queue.ts';
import { ImportStore } from '../../adapters/import-store.ts';
import { JobStore } from '../../adapters/job-store.ts';
import { KeyUse } from '../../adapters/key-use.ts';
import { MergeStore } from '../../adapters/merge-store.ts';
import { newRuleId } from '../../adapters/rule-id.ts';
import { Quarantine } from '../../adapters/quarantine.ts';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { SettingsStore } from '../../adapters/settings-store.ts';
import { SessionStore } from '../../adapters/session-store.ts';
import { SignInAttempts } from '../../adapters/sign-in-attempts.ts';
import { SweepQueue } from '../../adapters/sweep-queue.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { UsageStore } from '../../adapters/usage-store.ts';
import { UserImport } from '../../adapters/user-import.ts';
import { UserList } from '../../adapters/user-list.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { createAdminApp } from './app.ts';
import { builtFiles, DashboardFiles } from './dashboard-files.ts';
import { readEnvironment } from './environment.ts';
import { functionUrlHandler } from './function-url.ts';

// Trigger: an HTTP request at the Function URL.
// Guarantee: what is answered with 2xx has happened; 503 may be sent again.

const environment = readEnvironment(process.env);
const dynamo = dynamoClient();
const sqs = sqsClient();
const now = Date.now;
const secrets = secretsClient();
const keyUse = new KeyUse(dynamo, environment.OPERATIONS_TABLE);
const keys = new ApiKeyStore(dynamo, environment.OPERATIONS_TABLE);
const users = new UserStore(dynamo, environment.USERS_TABLE);
const events = new EventStore(dynamo, environment.EVENTS_TABLE);
const unmapped = new UnmappedStore(dynamo, environment.EVENTS_TABLE);

export const handler = functionUrlHandler(
  createAdminApp({
    dashboard: new DashboardFiles(builtFiles(join(environment.LAMBDA_TASK_ROOT, 'dashboard'))),
    ingestUrl: environment.INGEST_URL,
    adminSecret: new AdminSecret(secrets, environment.ADMIN_KEY_SECRET_ARN, now),
    keyCache: new ApiKeyCache(keys, now, keyUse),
    keyUse,
    keys,
    sessions: new SessionStore(dynamo, environment.OPERATIONS_TABLE),
    signIns: new SignInAttempts(dynamo, environment.OPERATIONS_TABLE),
    config: new ConfigStore(dynamo, environment.CONFIG_TABLE, { now, newRuleId }),
    rulesets: new RulesetStore(dynamo, environment.CONFIG_TABLE),
    usage: new UsageStore(dynamo, environment.USAGE_TABLE),
    arrivals: new ArrivalStore(dynamo, environment.USAGE_TABLE),
    featureUsers: new FeatureUsers(dynamo, environment.USAGE_TABLE),
    events,
    eventList: new EventList(dynamo, environment.EVENTS_TABLE, events, unmapped),
    scan: new EventScan(dynamo, environment.EVENTS_TABLE),
    quarantine: new Quarantine(
      dynamo,
      { events: environment.EVENTS_TABLE, operations: environment.OPERATIONS_TABLE },
      {
        events,
        markers: new RetryMarkers(dynamo, environment.OPERATIONS_TABLE),
        queue: new EventQueue(sqs, environment.EVENTS_QUEUE_URL),
      },
    ),
    feed: new FeedStore(dynamo, environment.OPERATIONS_TABLE),
    unmapped,
    users,
    merges: new MergeStore(dynamo, environment.USERS_TABLE, users),
    flags: new FlagStore(dynamo, environment.USERS_TABLE, users),
    erasures: new ErasureStore(dynamo, environment.OPERATIONS_TABLE),
    erasureQueue: new ErasureQueue(sqs, environment.REPROCESS_QUEUE_URL),
    userList: new UserList(dynamo, environment.USERS_TABLE),
    jobs: new JobStore(dynamo, environment.OPERATIONS_TABLE),
    reconciliations: new ReconciliationStore(dynamo, environment.OPERATIONS_TABLE),
    reprocessQueue: new SweepQueue(sqsClient(), environment.REPROCESS_QUEUE_URL),
    imports: new ImportStore(dynamo, environment.OPERATIONS_TABLE),
    importQueue: new ImportQueue(sqsClient(), environment.IMPORTS_QUEUE_URL),
    userImport: new UserImport(dynamo, environment.USERS_TABLE, users),
    settings: new SettingsStore(dynamo, environment.CONFIG_TABLE, now),
    billingSecret: new BillingSecret(secrets, environment.BILLING_SECRET_ARN, now),
    cursorSecret: new CursorSecret(dynamo, environment.OPERATIONS_TABLE),
    idempotency: new IdempotencyStore(dynamo, environment.OPERATIONS_TABLE),
    now,
  }),
);
