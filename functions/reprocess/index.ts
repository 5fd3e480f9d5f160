import { dynamoClient, sqsClient } from '../../adapters/clients.ts';
import { createErasing } from '../../adapters/erasing.ts';
import { EventQueue } from '../../adapters/event-queue.ts';
import { EventScan } from '../../adapters/event-scan.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { JobStore } from '../../adapters/job-store.ts';
import { PastChanges } from '../../adapters/past-changes.ts';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { SweepQueue } from '../../adapters/sweep-queue.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { UsageAudit } from '../../adapters/usage-audit.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { readEnvironment } from './environment.ts';
import { reprocessHandler } from './handler.ts';

const environment = readEnvironment(process.env);
const dynamo = dynamoClient();
const sqs = sqsClient();

const tables = {
  events: environment.EVENTS_TABLE,
  usage: environment.USAGE_TABLE,
  users: environment.USERS_TABLE,
};

export const handler = reprocessHandler({
  dynamo,
  tables,
  events: new EventStore(dynamo, environment.EVENTS_TABLE),
  users: new UserStore(dynamo, environment.USERS_TABLE),
  rulesets: new RulesetStore(dynamo, environment.CONFIG_TABLE),
  unmapped: new UnmappedStore(dynamo, environment.EVENTS_TABLE),
  scan: new EventScan(dynamo, environment.EVENTS_TABLE),
  pastChanges: new PastChanges(dynamo, environment.CONFIG_TABLE),
  jobs: new JobStore(dynamo, environment.OPERATIONS_TABLE),
  audit: new UsageAudit(dynamo, { events: environment.EVENTS_TABLE, usage: environment.USAGE_TABLE }),
  reconciliations: new ReconciliationStore(dynamo, environment.OPERATIONS_TABLE),
  sweeps: new SweepQueue(sqs, environment.REPROCESS_QUEUE_URL),
  queue: new EventQueue(sqs, environment.EVENTS_QUEUE_URL),
  retryMarkers: new RetryMarkers(dynamo, environment.OPERATIONS_TABLE),
  erasing: createErasing(
    { dynamo, sqs },
    { ...tables, operations: environment.OPERATIONS_TABLE },
    environment.REPROCESS_QUEUE_URL,
  ),
  now: Date.now,
});
