import { FEATURE_SHARDS } from '../../adapters/usage-item.ts';
import { GROUP_SHARDS } from '../../core/unmapped-group.ts';
import { ENVIRONMENTS_PER_SECOND, QUOTAS, REQUESTS_PER_ENVIRONMENT, type Quota } from './quotas.ts';

// What each stage needs at a rate of events, next to what bounds it. The units come from `npm run bench units`, the
// durations are its assumptions: the model says where the walls are, not how fast anything is.

/** Of one event, on average. */
export interface Load {
  readonly eventsPerRequest: number;
  readonly eventsPerInvocation: number;
  readonly ingestSeconds: number;
  readonly processSeconds: number;
  readonly eventsTableWrites: number;
  readonly usageTableWrites: number;
  /** Of the busiest table, which is read consistently. */
  readonly tableReads: number;
  readonly byUserIndexWrites: number;
}

export interface Demand {
  readonly stage: string;
  readonly needs: number;
  readonly quota: Quota;
  /** What to do when it is not enough. */
  readonly remedy: string;
}

/** A transaction holds an item for about this long: another one that wants it meanwhile is refused and comes back. */
export const TRANSACTION_SECONDS = 0.02;
export const EVENTS_PER_TRANSACTION = 49;
/** Entries that one container writes to the live feed in a second, at most. */
const FEED_ENTRIES_PER_SECOND = 1 / 1.5;

/** How many events a second may touch one item in transactions, when each transaction brings that many. */
export const eventsThroughOneItem = (eventsPerTransaction: number): number =>
  eventsPerTransaction / TRANSACTION_SECONDS;

export function demandsAt(eventsPerSecond: number, load: Load): readonly Demand[] {
  const requests = eventsPerSecond / load.eventsPerRequest;
  const ingests = Math.max(requests * load.ingestSeconds, requests / REQUESTS_PER_ENVIRONMENT);
  const invocations = eventsPerSecond / load.eventsPerInvocation;
  const processes = invocations * load.processSeconds;
  const fixed = (limit: number): Quota => ({ limit, kind: 'fixed', source: '' });
  return [
    {
      stage: 'ingest: environments',
      needs: ingests,
      quota: QUOTAS.ingestConcurrency,
      remedy: '-c ingestConcurrency=N',
    },
    {
      stage: 'process: batches at once',
      needs: processes,
      quota: QUOTAS.processConcurrency,
      remedy: '-c processConcurrency=N, up to 1,000',
    },
    {
      stage: 'account: environments of ingest and process',
      needs: ingests + processes,
      quota: QUOTAS.accountConcurrency,
      remedy: 'raise the account’s concurrency',
    },
    {
      stage: 'queue → process: batches at once',
      needs: processes,
      quota: QUOTAS.mappingConcurrency,
      remedy: 'provisioned mode, up to 20,000; then several queues',
    },
    {
      stage: 'queue: messages in flight',
      needs: requests * (load.processSeconds + 1),
      quota: QUOTAS.messagesInFlight,
      remedy: 'larger arrays; several queues',
    },
    {
      stage: 'Events table: write units',
      needs: eventsPerSecond * load.eventsTableWrites,
      quota: QUOTAS.tableWriteUnits,
      remedy: 'raise the table’s quota, and its warm throughput before a launch',
    },
    {
      stage: 'Events.byUser: write units',
      needs: eventsPerSecond * load.byUserIndexWrites,
      quota: QUOTAS.tableWriteUnits,
      remedy: 'raise the index’s quota',
    },
    {
      stage: 'Usage table: write units',
      needs: eventsPerSecond * load.usageTableWrites,
      quota: QUOTAS.tableWriteUnits,
      remedy: 'raise the table’s quota',
    },
    {
      stage: 'Events, Users: read units',
      needs: eventsPerSecond * load.tableReads,
      quota: QUOTAS.tableReadUnits,
      remedy: 'raise the tables’ quotas',
    },
    {
      stage: 'Config: reads of the ruleset head',
      needs: invocations,
      quota: QUOTAS.partitionReadUnits,
      remedy: 'copies of the head, or a head that is remembered for a moment',
    },
    {
      stage: 'one feature: events on its 8 rows of a day',
      needs: eventsPerSecond,
      quota: fixed(FEATURE_SHARDS * eventsThroughOneItem(EVENTS_PER_TRANSACTION)),
      remedy: 'more FEATURE_SHARDS (readers ask each)',
    },
    {
      stage: 'one event name, all unmapped: its 4 group items',
      needs: eventsPerSecond,
      quota: fixed(GROUP_SHARDS * eventsThroughOneItem(EVENTS_PER_TRANSACTION)),
      remedy: 'more GROUP_SHARDS (sweeps read each)',
    },
    {
      stage: 'live feed: entries on one partition',
      needs: Math.min(requests, ingests * FEED_ENTRIES_PER_SECOND),
      quota: QUOTAS.partitionWriteUnits,
      remedy: 'nothing is lost but entries of the feed; spread it over partitions',
    },
  ];
}

export const utilisation = ({ needs, quota }: Demand): number => needs / quota.limit;

/** The highest rate at which nothing needs more than it is allowed. */
export function ceilingOf(load: Load): { readonly eventsPerSecond: number; readonly stage: string } {
  // Everything grows with the rate, so one event a second says it all.
  const [first] = [...demandsAt(1, load)].sort((a, b) => utilisation(b) - utilisation(a));
  if (first === undefined) throw new Error('There is nothing to bound.');
  return { eventsPerSecond: 1 / utilisation(first), stage: first.stage };
}

/** Seconds until Lambda has the environments that a sudden rate needs. */
export const rampSeconds = (environments: number): number => environments / ENVIRONMENTS_PER_SECOND;
