import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AdminSecret } from '../../adapters/admin-secret.ts';
import type { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import type { ApiKeyStore } from '../../adapters/api-keys.ts';
import type { ArrivalStore } from '../../adapters/arrival-store.ts';
import type { AskedChange } from '../../adapters/asked-change.ts';
import type { BillingSecret } from '../../adapters/billing-secret.ts';
import type { ConfigStore } from '../../adapters/config-store.ts';
import type { CursorSecret } from '../../adapters/cursor-secret.ts';
import type { ErasureQueue } from '../../adapters/erasure-queue.ts';
import type { ErasureStore } from '../../adapters/erasure-store.ts';
import type { EventList } from '../../adapters/event-list.ts';
import type { EventScan } from '../../adapters/event-scan.ts';
import type { EventStore } from '../../adapters/event-store.ts';
import type { FeatureUsers } from '../../adapters/feature-users.ts';
import type { FeedStore } from '../../adapters/feed-store.ts';
import type { FlagStore } from '../../adapters/flag-store.ts';
import type { IdempotencyStore } from '../../adapters/idempotency-store.ts';
import type { ImportQueue } from '../../adapters/import-queue.ts';
import type { ImportStore } from '../../adapters/import-store.ts';
import type { JobStore } from '../../adapters/job-store.ts';
import type { KeyUse } from '../../adapters/key-use.ts';
import type { MergeStore } from '../../adapters/merge-store.ts';
import type { Quarantine } from '../../adapters/quarantine.ts';
import type { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import type { RulesetStore } from '../../adapters/ruleset-store.ts';
import type { SettingsStore } from '../../adapters/settings-store.ts';
import type { SessionStore } from '../../adapters/session-store.ts';
import type { SignInAttempts } from '../../adapters/sign-in-attempts.ts';
import type { SweepQueue } from '../../adapters/sweep-queue.ts';
import type { UnmappedStore } from '../../adapters/unmapped-store.ts';
import type { UsageStore } from '../../adapters/usage-store.ts';
import type { UserImport } from '../../adapters/user-import.ts';
import type { UserList } from '../../adapters/user-list.ts';
import type { UserStore } from '../../adapters/user-store.ts';
import type { Caller, Session } from './caller.ts';
import type { DashboardFiles } from './dashboard-files.ts';

/** Everything the API reads and changes; index.ts makes it once per container, tests make their own. */
export interface AdminDependencies {
  readonly dashboard: DashboardFiles;
  /** Where events are sent to, with a slash at the end. */
  readonly ingestUrl: string;
  readonly adminSecret: AdminSecret;
  readonly keyCache: ApiKeyCache;
  readonly keys: ApiKeyStore;
  readonly keyUse: KeyUse;
  readonly sessions: SessionStore;
  readonly signIns: SignInAttempts;
  readonly config: ConfigStore;
  readonly usage: UsageStore;
  readonly arrivals: ArrivalStore;
  readonly featureUsers: FeatureUsers;
  readonly rulesets: RulesetStore;
  readonly events: EventStore;
  readonly eventList: EventList;
  readonly scan: EventScan;
  readonly quarantine: Quarantine;
  readonly feed: FeedStore;
  readonly unmapped: UnmappedStore;
  readonly users: UserStore;
  readonly merges: MergeStore;
  readonly flags: FlagStore;
  readonly erasures: ErasureStore;
  readonly erasureQueue: Pick<ErasureQueue, 'send'>;
  readonly userList: UserList;
  readonly jobs: JobStore;
  readonly reconciliations: ReconciliationStore;
  readonly reprocessQueue: SweepQueue;
  readonly settings: SettingsStore;
  readonly billingSecret: BillingSecret;
  readonly imports: ImportStore;
  readonly importQueue: ImportQueue;
  readonly userImport: UserImport;
  readonly cursorSecret: CursorSecret;
  readonly idempotency: IdempotencyStore;
  readonly now: () => number;
}

/** What is known of a request besides what it says itself. */
export interface AdminBindings {
  /** The address that it came from. */
  readonly source: string;
}

/** What is known of a request when its handler runs: by the guard, and of its idempotency key. */
export interface AdminEnv {
  Bindings: AdminBindings;
  Variables: { caller: Caller; session?: Session; change: AskedChange };
}

export type AdminApp = OpenAPIHono<AdminEnv>;
