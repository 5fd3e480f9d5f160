import { AdminSecret } from '../../adapters/admin-secret.ts';
import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { ArrivalStore } from '../../adapters/arrival-store.ts';
import { BillingSecret } from '../../adapters/billing-secret.ts';
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
import { Quarantine } from '../../adapters/quarantine.ts';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { SessionStore } from '../../adapters/session-store.ts';
import { SettingsStore } from '../../adapters/settings-store.ts';
import { SignInAttempts } from '../../adapters/sign-in-attempts.ts';
import { SweepQueue } from '../../adapters/sweep-queue.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { UsageStore } from '../../adapters/usage-store.ts';
import { UserImport } from '../../adapters/user-import.ts';
import { UserList } from '../../adapters/user-list.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { createAdminApp } from '../../functions/admin/app.ts';
import { DashboardFiles } from '../../functions/admin/dashboard-files.ts';
import { functionUrlHandler } from '../../functions/admin/function-url.ts';
import { ADMIN_SECRET, BILLING_SECRET } from './secret-values.ts';
import { QUEUES, TABLES, urlOf } from './deployment-names.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedClients } from './simulated-aws.ts';

/** The admin function as its index file wires it, without the dashboard's files. */
export function wireAdmin(
  { scheduler, clients }: { readonly scheduler: Scheduler; readonly clients: SimulatedClients },
  newRuleId: () => string,
) {
  const { dynamo, sqs, secrets } = clients;
  const now = (): number => scheduler.now;
  const { operations } = TABLES;
  const keyUse = new KeyUse(dynamo, operations);
  const keys = new ApiKeyStore(dynamo, operations);
  const users = new UserStore(dynamo, TABLES.users);
  const events = new EventStore(dynamo, TABLES.events);
  const unmapped = new UnmappedStore(dynamo, TABLES.events);
  const queue = new EventQueue(sqs, urlOf(QUEUES.events));
  const app = createAdminApp({
    dashboard: new DashboardFiles(() => Promise.resolve(undefined)),
    ingestUrl: 'https://ingest.simulated.invalid/',
    adminSecret: new AdminSecret(secrets, ADMIN_SECRET, now),
    keyCache: new ApiKeyCache(keys, now, keyUse),
    keyUse,
    keys,
    sessions: new SessionStore(dynamo, operations),
    signIns: new SignInAttempts(dynamo, operations),
    config: new ConfigStore(dynamo, TABLES.config, { now, newRuleId }),
    rulesets: new RulesetStore(dynamo, TABLES.config),
    usage: new UsageStore(dynamo, TABLES.usage),
    arrivals: new ArrivalStore(dynamo, TABLES.usage),
    featureUsers: new FeatureUsers(dynamo, TABLES.usage),
    events,
    eventList: new EventList(dynamo, TABLES.events, events, unmapped),
    scan: new EventScan(dynamo, TABLES.events),
    quarantine: new Quarantine(dynamo, TABLES, {
      events,
      markers: new RetryMarkers(dynamo, operations),
      queue,
    }),
    feed: new FeedStore(dynamo, operations),
    unmapped,
    users,
    merges: new MergeStore(dynamo, TABLES.users, users),
    flags: new FlagStore(dynamo, TABLES.users, users),
    erasures: new ErasureStore(dynamo, operations),
    erasureQueue: new ErasureQueue(sqs, urlOf(QUEUES.sweeps)),
    userList: new UserList(dynamo, TABLES.users),
    jobs: new JobStore(dynamo, operations),
    reconciliations: new ReconciliationStore(dynamo, operations),
    reprocessQueue: new SweepQueue(sqs, urlOf(QUEUES.sweeps)),
    imports: new ImportStore(dynamo, operations),
    importQueue: new ImportQueue(sqs, urlOf(QUEUES.imports)),
    userImport: new UserImport(dynamo, TABLES.users, users),
    settings: new SettingsStore(dynamo, TABLES.config, now),
    billingSecret: new BillingSecret(secrets, BILLING_SECRET, now),
    cursorSecret: new CursorSecret(dynamo, operations),
    idempotency: new IdempotencyStore(dynamo, operations),
    now,
  });
  return functionUrlHandler(app);
}
