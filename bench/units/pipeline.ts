import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { ConfigStore } from '../../adapters/config-store.ts';
import { ErasureStore } from '../../adapters/erasure-store.ts';
import { EventQueue } from '../../adapters/event-queue.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { FeedStore } from '../../adapters/feed-store.ts';
import { JobStore } from '../../adapters/job-store.ts';
import { RequestFeed } from '../../adapters/request-feed.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { parseReprocessMessage, SweepQueue } from '../../adapters/sweep-queue.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { UsageStore } from '../../adapters/usage-store.ts';
import { UserStore } from '../../adapters/user-store.ts';
import type { JsonObject } from '../../core/json-value.ts';
import { ingestHandler } from '../../functions/ingest/handler.ts';
import { processHandler } from '../../functions/process/handler.ts';
import { planSweeps } from '../../functions/reprocess/plan-sweeps.ts';
import { sweepShard } from '../../functions/reprocess/sweep-shard.ts';
import { batchEvent, postEvent } from '../lambda-events.ts';
import { INDEXES, type Engine, type Tables } from './engine.ts';
import { meter, type Consumed } from './metered-dynamo.ts';
import { meteredSqs, paidRequests } from './metered-sqs.ts';

// The pipeline's own functions, wired as their index files wire them, on metered clients and a clock of our own.

export interface Cost {
  readonly events: number;
  readonly consumed: Consumed;
  /** Paid SQS requests. */
  readonly sqsRequests: number;
  /** Invocations of the functions. */
  readonly ingests: number;
  readonly processes: number;
}

export interface Pipeline {
  readonly config: ConfigStore;
  readonly usage: UsageStore;
  /** Sends events in requests of `perRequest`, and gives them their outcome. */
  send(events: readonly JsonObject[], perRequest: number): Promise<Cost>;
  /** Plans and makes all sweeps that are due. */
  reprocess(): Promise<Consumed>;
  /** What was consumed since the last time. */
  take(): Consumed;
}

const KEY = 'th_ingest_of-the-benchmark';
/** As the event-source mapping says. */
const MESSAGES_PER_BATCH = 50;
/** 200 requests a second. */
const MS_PER_REQUEST = 5;
const START = Date.UTC(2026, 10, 25, 12);

export async function startPipeline(engine: Engine): Promise<Pipeline> {
  const create = (name: keyof Tables): Promise<string> => engine.createTable(name, INDEXES[name] ?? []);
  const tables: Tables = {
    events: await create('events'),
    usage: await create('usage'),
    users: await create('users'),
    config: await create('config'),
    operations: await create('operations'),
  };
  const dynamo = engine.client();
  const { take } = meter(dynamo, engine.client(), {
    [tables.events]: INDEXES.events ?? [],
    [tables.usage]: INDEXES.usage ?? [],
  });
  const sqs = meteredSqs();
  let clock = START;
  const now = (): number => clock;

  const keys = new ApiKeyStore(dynamo, tables.operations);
  await keys.ensure(KEY, { scope: 'ingest', name: 'bench' }, START);
  const events = new EventStore(dynamo, tables.events);
  const queue = new EventQueue(sqs.client, 'https://sqs.invalid/000000000000/events');
  const retryMarkers = new RetryMarkers(dynamo, tables.operations);
  const ingest = ingestHandler({
    events,
    queue,
    retryMarkers,
    keys: new ApiKeyCache(keys, now),
    feed: new RequestFeed(new FeedStore(dynamo, tables.operations), now),
    erasures: new ErasureStore(dynamo, tables.operations),
    ready: () => Promise.resolve(true),
    now,
  });
  const settle = {
    dynamo,
    tables: { events: tables.events, usage: tables.usage, users: tables.users },
    events,
    users: new UserStore(dynamo, tables.users),
    rulesets: new RulesetStore(dynamo, tables.config),
    now,
  };
  const process_ = processHandler(settle, 'arn:aws:sqs:us-east-1:000000000000:last-chance');
  const sweeps = {
    ...settle,
    unmapped: new UnmappedStore(dynamo, tables.events),
    jobs: new JobStore(dynamo, tables.operations),
    sweeps: new SweepQueue(sqs.client, 'https://sqs.invalid/000000000000/reprocess'),
  };

  return {
    config: new ConfigStore(dynamo, tables.config, { now, newRuleId: () => 'rul_of_the_benchmark' }),
    usage: new UsageStore(dynamo, tables.usage),
    take,
    async send(list, perRequest) {
      let ingests = 0;
      for (let start = 0; start < list.length; start += perRequest) {
        const group = list.slice(start, start + perRequest);
        clock += MS_PER_REQUEST;
        ingests += 1;
        const answer = await ingest(
          postEvent('/segment', JSON.stringify(perRequest === 1 ? group[0] : group), {
            authorization: `Bearer ${KEY}`,
          }),
        );
        if (answer.statusCode !== 200) throw new Error(`ingest answered ${answer.body ?? ''}`);
      }
      const sent = sqs.take();
      let processes = 0;
      for (let start = 0; start < sent.bodies.length; start += MESSAGES_PER_BATCH) {
        processes += 1;
        const batch = sent.bodies.slice(start, start + MESSAGES_PER_BATCH);
        const { batchItemFailures } = await process_(batchEvent(batch), {
          getRemainingTimeInMillis: () => 60_000,
        });
        if (batchItemFailures.length > 0) throw new Error('Events failed.');
      }
      const consumed = take();
      return { events: list.length, consumed, sqsRequests: paidRequests(sent), ingests, processes };
    },
    async reprocess() {
      await planSweeps(sweeps);
      for (const body of sqs.take().bodies) {
        const message = parseReprocessMessage(body);
        if (message === undefined || !('unmappedIn' in message)) throw new Error('Not a sweep.');
        await sweepShard(sweeps, message, now() + 300_000);
      }
      return take();
    },
  };
}
