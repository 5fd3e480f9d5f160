import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, SQSRecord } from 'aws-lambda';
import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { createErasing } from '../../adapters/erasing.ts';
import { ErasureStore } from '../../adapters/erasure-store.ts';
import { EventQueue } from '../../adapters/event-queue.ts';
import { EventScan } from '../../adapters/event-scan.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { FeedStore } from '../../adapters/feed-store.ts';
import { JobStore } from '../../adapters/job-store.ts';
import { PastChanges } from '../../adapters/past-changes.ts';
import { RequestFeed } from '../../adapters/request-feed.ts';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { rulesetWrites, RulesetStore } from '../../adapters/ruleset-store.ts';
import { SweepQueue } from '../../adapters/sweep-queue.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { UsageAudit } from '../../adapters/usage-audit.ts';
import { UserStore } from '../../adapters/user-store.ts';
import type { RulesetSnapshot } from '../../core/ruleset.ts';
import { ingestHandler } from '../../functions/ingest/handler.ts';
import { processHandler } from '../../functions/process/handler.ts';
import { reprocessHandler } from '../../functions/reprocess/handler.ts';
import type { TimeLeft } from '../../functions/time-left.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from './dynamo.ts';
import { startTestSqs, type TestQueue, type TestSqs } from './sqs.ts';

// The functions of the pipeline, wired as their index files wire them, on embedded engines, in one process, with the
// clock and the delivery of messages in the test's hand.

export const INGEST_KEY = 'th_ingest_for_tests';

export interface SentRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // The tests say what they expect of it.
  readonly body: unknown;
}

export interface Engines {
  readonly dynamo: TestDynamo;
  readonly sqs: TestSqs;
  stop(): Promise<void>;
}

export async function startEngines(): Promise<Engines> {
  const [dynamo, sqs] = await Promise.all([startTestDynamo(), startTestSqs()]);
  return {
    dynamo,
    sqs,
    stop: async () => {
      await Promise.all([dynamo.stop(), sqs.stop()]);
    },
  };
}

export type Pipeline = Awaited<ReturnType<typeof createPipeline>>;

export async function createPipeline({ dynamo, sqs }: Engines) {
  const tables: TestTables = await dynamo.tables();
  const [eventsQueue, lastChanceQueue, sweepQueue] = await Promise.all([
    sqs.createQueue(),
    sqs.createQueue(),
    sqs.createQueue(),
  ]);
  const clock = { now: Date.parse('2026-11-23T12:00:00Z') };
  const now = (): number => clock.now;
  const { client } = dynamo;
  const keys = new ApiKeyStore(client, tables.operations);
  await keys.ensure(INGEST_KEY, { scope: 'ingest', name: 'tests' }, now());

  const events = new EventStore(client, tables.events);
  const queue = new EventQueue(sqs.client, eventsQueue.url);
  const retryMarkers = new RetryMarkers(client, tables.operations);
  const settling = {
    dynamo: client,
    tables,
    events,
    users: new UserStore(client, tables.users),
    rulesets: new RulesetStore(client, tables.config),
    now,
  };
  const ingest = ingestHandler({
    events,
    queue,
    retryMarkers,
    keys: new ApiKeyCache(keys, now),
    erasures: new ErasureStore(client, tables.operations),
    // Patient, because the machine of the tests may be busy.
    feed: new RequestFeed(new FeedStore(client, tables.operations, 30_000), now),
    ready: () => Promise.resolve(true),
    now,
  });
  const erasing = createErasing({ dynamo: client, sqs: sqs.client }, tables, sweepQueue.url);
  const process_ = processHandler(settling, lastChanceQueue.arn);
  const reprocess = reprocessHandler({
    ...settling,
    unmapped: new UnmappedStore(client, tables.events),
    scan: new EventScan(client, tables.events),
    pastChanges: new PastChanges(client, tables.config),
    jobs: new JobStore(client, tables.operations),
    audit: new UsageAudit(client, tables),
    reconciliations: new ReconciliationStore(client, tables.operations),
    sweeps: new SweepQueue(sqs.client, sweepQueue.url),
    queue,
    retryMarkers,
    erasing,
  });

  /** Delivers every visible message once; returns how many messages were delivered. */
  const drain = async (
    source: TestQueue,
    deliver: (
      records: SQSRecord[],
    ) => Promise<{ batchItemFailures: { itemIdentifier: string }[] } | undefined>,
  ): Promise<number> => {
    let delivered = 0;
    for (;;) {
      const records = await sqs.receive(source);
      if (records.length === 0) return delivered;
      delivered += records.length;
      const answer = await deliver(records);
      const failed = new Set(answer?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const done = records.filter(({ messageId }) => !failed.has(messageId));
      await Promise.all(done.map((record) => sqs.remove(source, record)));
    }
  };

  return {
    client,
    sqs,
    tables,
    clock,
    keys,
    events,
    queues: { events: eventsQueue, lastChance: lastChanceQueue, sweeps: sweepQueue },
    users: settling.users,
    unmapped: new UnmappedStore(client, tables.events),
    jobs: new JobStore(client, tables.operations),
    feed: new FeedStore(client, tables.operations),
    settling,
    erasing,
    ingest,
    process: process_,
    reprocess,

    async send(request: SentRequest): Promise<JsonAnswer> {
      const answer = await ingest(toFunctionUrlEvent(request));
      return { status: answer.statusCode ?? 0, headers: answer.headers ?? {}, body: parse(answer.body) };
    },
    webhook(body: unknown): Promise<JsonAnswer> {
      return this.send({ body: JSON.stringify(body) });
    },
    drainEvents: () => drain(eventsQueue, (records) => process_({ Records: records }, context())),
    drainSweeps: () =>
      drain(sweepQueue, (records) => reprocess({ Records: records }, context()).then((answer) => answer)),
    /** What the stream does when the rules have changed, to the end. */
    async rulesChanged(): Promise<void> {
      await reprocess({ Records: [{ eventSource: 'aws:dynamodb', eventName: 'MODIFY' }] }, context());
      await this.drainSweeps();
    },
    async tick(): Promise<void> {
      await reprocess({ trigger: 'timer' }, context());
    },
    /** Makes this the ruleset, as one change. */
    async saveRuleset(next: RulesetSnapshot, cause = 'a test changed the rules'): Promise<void> {
      await client.send(
        new TransactWriteItemsCommand({ TransactItems: rulesetWrites(tables.config, next, cause) }),
      );
    },
  };
}

const parse = (body: string | undefined): unknown => (body === undefined ? undefined : JSON.parse(body));

export function toFunctionUrlEvent(request: SentRequest): APIGatewayProxyEventV2 {
  const { method = 'POST', path = '/segment', body } = request;
  const headers = {
    authorization: `Bearer ${INGEST_KEY}`,
    'content-type': 'application/json',
    ...request.headers,
  };
  const isBase64Encoded = body !== undefined && typeof body !== 'string';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: 'test',
      domainName: 'ingest.test',
      domainPrefix: 'ingest',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: 'test',
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:12:00:00 +0000',
      timeEpoch: 1795435200000,
    },
    isBase64Encoded,
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : Buffer.from(body).toString('base64'),
    }),
  };
}

export const context = (remainingMs = 60_000): TimeLeft => ({ getRemainingTimeInMillis: () => remainingMs });
