import type { SQSRecord } from 'aws-lambda';
import { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import { ConfigStore } from '../../adapters/config-store.ts';
import { createErasing } from '../../adapters/erasing.ts';
import { ErasureStore } from '../../adapters/erasure-store.ts';
import { EventQueue } from '../../adapters/event-queue.ts';
import { EventScan } from '../../adapters/event-scan.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { FeedStore } from '../../adapters/feed-store.ts';
import { JobStore } from '../../adapters/job-store.ts';
import { KeyUse } from '../../adapters/key-use.ts';
import { reachQueue } from '../../adapters/queue-health.ts';
import { RequestFeed } from '../../adapters/request-feed.ts';
import { MergeStore } from '../../adapters/merge-store.ts';
import { PastChanges } from '../../adapters/past-changes.ts';
import { Quarantine } from '../../adapters/quarantine.ts';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { RetryMarkers } from '../../adapters/retry-markers.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { SweepQueue } from '../../adapters/sweep-queue.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { UsageAudit } from '../../adapters/usage-audit.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { ingestHandler } from '../../functions/ingest/handler.ts';
import { processHandler } from '../../functions/process/handler.ts';
import { reprocessHandler } from '../../functions/reprocess/handler.ts';
import type { TimeLeft } from '../../functions/time-left.ts';
import type { Faults } from './faults.ts';
import { QUEUES, TABLES, urlOf } from './deployment-names.ts';
import { toFunctionUrlEvent } from './http-request.ts';
import type { MemorySqs, ReceivedMessage } from './memory-sqs.ts';
import type { Random } from './random.ts';
import { invocationStorage, type Invocation, type Scheduler } from './scheduler.ts';
import type { SimulatedClients } from './simulated-aws.ts';
import { isRecord } from './wire-item.ts';
import { wireAdmin } from './wire-admin.ts';
import { wireImports } from './wire-imports.ts';

// What Lambda and its event-source mappings do: containers that keep their memory between invocations and lose it in a
// crash, a time-out or a deployment; pollers that hand messages to functions and read the answers as Lambda does; the
// Config stream; the timer. The functions are the real ones, wired as their index files wire them.

const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

// Time-outs and visibility as infra/ sets them: visibility is six times the consumer's time-out, and the batching window.
const TIMEOUT = {
  ingest: 10 * SECOND,
  process: 60 * SECOND,
  reprocess: 300 * SECOND,
  admin: 30 * SECOND,
  imports: 300 * SECOND,
};

export const QUEUE_SHAPES = [
  {
    name: QUEUES.events,
    visibilityMs: 6 * TIMEOUT.process + SECOND,
    deadLetters: { queue: QUEUES.lastChance, receivesMax: 5 },
  },
  { name: QUEUES.lastChance, visibilityMs: 6 * TIMEOUT.process + SECOND },
  {
    name: QUEUES.sweeps,
    visibilityMs: 6 * TIMEOUT.reprocess,
    deadLetters: { queue: QUEUES.sweepDeadLetters, receivesMax: 5 },
  },
  { name: QUEUES.sweepDeadLetters, visibilityMs: 6 * TIMEOUT.reprocess },
  {
    name: QUEUES.imports,
    visibilityMs: 6 * TIMEOUT.imports,
    deadLetters: { queue: QUEUES.importDeadLetters, receivesMax: 5 },
  },
  { name: QUEUES.importDeadLetters, visibilityMs: 6 * TIMEOUT.imports },
];

const MAPPINGS = [
  { queue: QUEUES.events, batchMax: 50, pollers: 3 },
  { queue: QUEUES.lastChance, batchMax: 10, pollers: 2 },
  { queue: QUEUES.sweeps, batchMax: 1, pollers: 3 },
  { queue: QUEUES.imports, batchMax: 1, pollers: 2 },
] as const;
type MappedQueue = (typeof MAPPINGS)[number]['queue'];

const STREAM_RETRIES = 3;
/** More events than a run quarantines. */
const REDRIVES_MAX = 100;

export type Ended<Result> =
  | { readonly kind: 'answered'; readonly result: Result }
  | { readonly kind: 'threw' }
  /** Crashed, or cut off at its time-out. */
  | { readonly kind: 'gone' };

export interface DeploymentOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly sqs: MemorySqs;
  readonly clients: SimulatedClients;
  readonly log: (line: string) => void;
}

interface Container<Handler> {
  readonly handler: Handler;
  readonly deployment: number;
}

/** The containers of one function. */
interface Fleet<Handler> {
  readonly name: string;
  readonly timeoutMs: number;
  readonly coldStart: () => Handler;
  warm: Container<Handler>[];
}

function fleet<Handler>(name: keyof typeof TIMEOUT, coldStart: () => Handler): Fleet<Handler> {
  return { name, timeoutMs: TIMEOUT[name], coldStart, warm: [] };
}

export class Deployment {
  readonly options: DeploymentOptions;
  private readonly ingestFleet: Fleet<ReturnType<typeof ingestHandler>>;
  private readonly processFleet: Fleet<ReturnType<typeof processHandler>>;
  private readonly reprocessFleet: Fleet<ReturnType<typeof reprocessHandler>>;
  private readonly adminFleet: Fleet<ConfigStore>;
  private readonly adminApiFleet: Fleet<ReturnType<typeof wireAdmin>>;
  private readonly importsFleet: Fleet<ReturnType<typeof wireImports>>;
  private deployed = 1;
  private started = 0;
  private readonly waiting = new Map<string, (() => void)[]>();
  private readonly stream: { readonly at: number }[] = [];
  private streaming = false;
  private ruleIds = 0;

  constructor(options: DeploymentOptions) {
    this.options = options;
    this.ingestFleet = fleet('ingest', () => wireIngest(options));
    this.processFleet = fleet('process', () => processHandler(settlingOf(options), arnOf(QUEUES.lastChance)));
    this.reprocessFleet = fleet('reprocess', () => wireReprocess(options));
    this.adminFleet = fleet('admin', () => this.configStore());
    this.adminApiFleet = fleet('admin', () => wireAdmin(options, () => this.newRuleId()));
    this.importsFleet = fleet('imports', () => wireImports(options));
  }

  /** Containers in use end their invocation; every later one starts cold. */
  redeploy(): void {
    this.deployed += 1;
    this.options.log('all containers are replaced');
  }

  /** Starts what listens to the queues. */
  start(): void {
    const { scheduler } = this.options;
    for (const { queue, batchMax, pollers } of MAPPINGS) {
      for (let poller = 0; poller < pollers; poller += 1) {
        scheduler.start(async () => {
          for (;;) await this.poll(queue, batchMax);
        });
      }
    }
  }

  /** To be called when a message will be visible. */
  messageAt(queue: string, visibleAt: number): void {
    const { scheduler } = this.options;
    scheduler.start(async () => {
      await scheduler.sleep(visibleAt - scheduler.now, `message on ${queue}`);
      const [first] = this.waiting.get(queue)?.splice(0, 1) ?? [];
      first?.();
    });
  }

  /** To be called when the ruleset head has changed. */
  rulesetChanged(): void {
    const { scheduler, random, faults, log } = this.options;
    if (faults.happens('trigger lost')) {
      log('a trigger of the stream is lost');
      return;
    }
    const times = faults.happens('trigger repeated') ? 2 : 1;
    for (let i = 0; i < times; i += 1) {
      this.stream.push({ at: scheduler.now + random.below(random.pick([50, 1_000, 10_000, 120_000])) });
    }
    if (this.streaming) return;
    this.streaming = true;
    scheduler.start(() => this.followStream());
  }

  /** One HTTP request to ingest. */
  ingest(request: Parameters<ReturnType<typeof ingestHandler>>[0]) {
    return this.invoke(this.ingestFleet, (handler) => handler(request));
  }

  /** One HTTP request to the admin function. */
  api(request: Parameters<ReturnType<typeof wireAdmin>>[0]) {
    return this.invoke(this.adminApiFleet, (handler) => handler(request));
  }

  /** One HTTP request of a billing provider. */
  webhook(request: ReturnType<typeof toFunctionUrlEvent>) {
    return this.invoke(this.importsFleet, (handler, context) => handler(request, context));
  }

  /** One tick of the timer. */
  async tick(): Promise<void> {
    if (this.options.faults.happens('tick lost')) return;
    await this.invoke(this.reprocessFleet, (handler, context) => handler({ trigger: 'timer' }, context));
  }

  /** A request of a person to the admin function, of which only the call of the store is played. */
  admin<Result>(work: (store: ConfigStore) => Promise<Result>): Promise<Ended<Result>> {
    return this.invoke(this.adminFleet, work);
  }

  /** The same for a request about users. */
  merging<Result>(work: (merges: MergeStore) => Promise<Result>): Promise<Ended<Result>> {
    const { dynamo } = this.options.clients;
    const users = new UserStore(dynamo, TABLES.users);
    return this.invoke(this.adminFleet, () => work(new MergeStore(dynamo, TABLES.users, users)));
  }

  /** A person asks for an erasure, as the admin function does it. */
  erase(userId: string): Promise<Ended<string>> {
    const { scheduler, clients } = this.options;
    const erasing = createErasing(clients, TABLES, urlOf(QUEUES.sweeps));
    return this.invoke(this.adminFleet, async () => {
      const at = scheduler.now;
      const id = await erasing.erasures.request({ userId, boundary: at, requestedAt: at });
      await erasing.queue.send([id]).catch(() => undefined);
      return id;
    });
  }

  /** A person has everything that is quarantined sent back, as the admin function does it. */
  redrive(): Promise<Ended<number>> {
    const { scheduler, clients } = this.options;
    const { dynamo, sqs } = clients;
    const quarantine = new Quarantine(dynamo, TABLES, {
      events: new EventStore(dynamo, TABLES.events),
      markers: new RetryMarkers(dynamo, TABLES.operations),
      queue: new EventQueue(sqs, urlOf(QUEUES.events)),
    });
    return this.invoke(this.adminFleet, async () => {
      const keys = await quarantine.keys(REDRIVES_MAX);
      return (await quarantine.redrive(keys, 'somebody', scheduler.now)).redriven;
    });
  }

  /** A person has all usage compared with the events, as the admin function does it. */
  reconcile(): Promise<Ended<string>> {
    const { scheduler, random, clients } = this.options;
    const { dynamo, sqs } = clients;
    return this.invoke(this.adminFleet, async () => {
      const id = `rec_${random.uuid()}`;
      await new ReconciliationStore(dynamo, TABLES.operations).start(id, 'somebody', scheduler.now);
      await new SweepQueue(sqs, urlOf(QUEUES.sweeps)).send([{ reconciliationId: id }]);
      return id;
    });
  }

  /** Whether ingest says that it is well. */
  health() {
    const request = toFunctionUrlEvent({ path: '/health', body: '', key: '', method: 'GET' });
    return this.invoke(this.ingestFleet, (handler) => handler(request));
  }

  private async poll(queue: MappedQueue, batchMax: number): Promise<void> {
    const { scheduler, random, sqs } = this.options;
    const messages = sqs.receive(queue, random.between(1, batchMax));
    if (messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.waiting.set(queue, [...(this.waiting.get(queue) ?? []), resolve]);
      });
      // The batching window, and the poller's own pace.
      await scheduler.sleep(random.below(1_000), 'poll');
      return;
    }
    await this.deliver(queue, messages);
  }

  private async deliver(queue: MappedQueue, messages: readonly ReceivedMessage[]): Promise<void> {
    const { random, faults, sqs, log } = this.options;
    const event = { Records: messages.map((message) => toRecord(queue, message)) };
    const ended = await this.consume(queue, event);
    const failed = failedOf(ended, messages);
    if (failed.size > 0)
      log(`${String(failed.size)} of ${String(messages.length)} messages failed (${ended.kind})`);
    if (faults.happens('answer lost')) return;
    for (const { id } of messages) {
      if (!failed.has(id)) sqs.remove(queue, id);
      // Lambda may hand failed messages out again at once; a message whose invocation is gone waits for its timeout.
      else if (ended.kind !== 'gone' && random.chance(0.5)) sqs.release(queue, id);
    }
  }

  private async consume(
    queue: MappedQueue,
    event: { readonly Records: SQSRecord[] },
  ): Promise<Ended<unknown>> {
    switch (queue) {
      case QUEUES.sweeps:
        return await this.invoke<ReprocessHandler, unknown>(this.reprocessFleet, (handler, context) =>
          handler(event, context),
        );
      case QUEUES.imports:
        return await this.invoke<ImportsHandler, unknown>(this.importsFleet, (handler, context) =>
          handler(event, context),
        );
      default:
        return await this.invoke<ProcessHandler, unknown>(this.processFleet, (handler, context) =>
          handler(event, context),
        );
    }
  }

  private async followStream(): Promise<void> {
    const { scheduler, random } = this.options;
    for (let next = this.stream[0]; next !== undefined; next = this.stream[0]) {
      await scheduler.sleep(next.at - scheduler.now, 'stream');
      const batch = Math.min(this.stream.length, random.between(1, 10));
      const Records = Array.from({ length: batch }, () => ({
        eventSource: 'aws:dynamodb',
        eventName: 'MODIFY' as const,
      }));
      for (let attempt = 0; attempt <= STREAM_RETRIES; attempt += 1) {
        const ended = await this.invoke(this.reprocessFleet, (handler, context) =>
          handler({ Records }, context),
        );
        if (ended.kind === 'answered') break;
        await scheduler.sleep(random.below(30 * SECOND), 'stream retry');
      }
      this.stream.splice(0, batch);
    }
    this.streaming = false;
  }

  private async invoke<Handler, Result>(
    of: Fleet<Handler>,
    work: (handler: Handler, context: TimeLeft) => Promise<Result>,
  ): Promise<Ended<Result>> {
    const { scheduler, faults, log } = this.options;
    of.warm = of.warm.filter(({ deployment }) => deployment === this.deployed);
    const container = of.warm.pop() ?? { handler: of.coldStart(), deployment: this.deployed };
    this.started += 1;
    let kill: () => void = () => undefined;
    const killed = new Promise<Ended<Result>>((resolve) => {
      kill = () => resolve({ kind: 'gone' });
    });
    const invocation: Invocation = {
      name: `${of.name} ${String(this.started)}`,
      faulty: true,
      slowMs: faults.slowMs(),
      settles: of === this.processFleet || of === this.reprocessFleet,
      alive: true,
      onKilled: () => {
        if (!invocation.alive) return;
        invocation.alive = false;
        log(`${invocation.name} is gone`);
        kill();
      },
    };
    const endsAt = scheduler.now + of.timeoutMs;
    const context: TimeLeft = { getRemainingTimeInMillis: () => Math.max(0, endsAt - scheduler.now) };
    let running = true;
    scheduler.start(async () => {
      await scheduler.sleep(of.timeoutMs, 'time-out');
      if (running) invocation.onKilled();
    });
    const ended = await Promise.race([
      killed,
      invocationStorage
        .run(invocation, () => work(container.handler, context))
        .then(
          (result): Ended<Result> => ({ kind: 'answered', result }),
          (error: unknown): Ended<Result> => {
            log(
              `${invocation.name} threw ${error instanceof Error ? `${error.name}: ${error.message}` : 'something'}`,
            );
            return { kind: 'threw' };
          },
        ),
    ]);
    running = false;
    if (ended.kind !== 'gone') of.warm.push(container);
    return ended;
  }

  /** Features and rules, as the admin function changes them. */
  configStore(): ConfigStore {
    const { scheduler, clients } = this.options;
    const newRuleId = (): string => this.newRuleId();
    return new ConfigStore(clients.dynamo, TABLES.config, { now: () => scheduler.now, newRuleId });
  }

  private newRuleId(): string {
    this.ruleIds += 1;
    return `rul_${String(this.ruleIds).padStart(6, '0')}`;
  }
}

type ProcessHandler = ReturnType<typeof processHandler>;
type ReprocessHandler = ReturnType<typeof reprocessHandler>;
type ImportsHandler = ReturnType<typeof wireImports>;

function wireIngest({ scheduler, clients: { dynamo, sqs } }: DeploymentOptions) {
  const now = (): number => scheduler.now;
  const keys = new ApiKeyStore(dynamo, TABLES.operations);
  return ingestHandler({
    events: new EventStore(dynamo, TABLES.events),
    queue: new EventQueue(sqs, urlOf(QUEUES.events)),
    retryMarkers: new RetryMarkers(dynamo, TABLES.operations),
    keys: new ApiKeyCache(keys, now, new KeyUse(dynamo, TABLES.operations)),
    feed: new RequestFeed(new FeedStore(dynamo, TABLES.operations), now),
    erasures: new ErasureStore(dynamo, TABLES.operations),
    ready: () =>
      Promise.all([keys.find('health'), reachQueue(sqs, urlOf(QUEUES.events))]).then(
        () => true,
        () => false,
      ),
    now,
  });
}

export function wireReprocess(options: Pick<DeploymentOptions, 'scheduler' | 'clients'>) {
  const { dynamo, sqs } = options.clients;
  return reprocessHandler({
    ...settlingOf(options),
    unmapped: new UnmappedStore(dynamo, TABLES.events),
    scan: new EventScan(dynamo, TABLES.events),
    pastChanges: new PastChanges(dynamo, TABLES.config),
    jobs: new JobStore(dynamo, TABLES.operations),
    audit: new UsageAudit(dynamo, TABLES),
    reconciliations: new ReconciliationStore(dynamo, TABLES.operations),
    sweeps: new SweepQueue(sqs, urlOf(QUEUES.sweeps)),
    queue: new EventQueue(sqs, urlOf(QUEUES.events)),
    retryMarkers: new RetryMarkers(dynamo, TABLES.operations),
    erasing: createErasing({ dynamo, sqs }, TABLES, urlOf(QUEUES.sweeps)),
  });
}

export function settlingOf({
  scheduler,
  clients: { dynamo },
}: Pick<DeploymentOptions, 'scheduler' | 'clients'>) {
  return {
    dynamo,
    tables: { events: TABLES.events, usage: TABLES.usage, users: TABLES.users },
    events: new EventStore(dynamo, TABLES.events),
    users: new UserStore(dynamo, TABLES.users),
    rulesets: new RulesetStore(dynamo, TABLES.config),
    now: (): number => scheduler.now,
  };
}

const arnOf = (queue: string): string => `arn:aws:sqs:us-east-1:000000000000:${queue}`;

/**
 * The messages that Lambda keeps. Nothing, `null` or an empty list means that all went well; what it cannot read, that
 * nothing did. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function failedOf(ended: Ended<unknown>, messages: readonly ReceivedMessage[]): ReadonlySet<string> {
  const all = new Set(messages.map(({ id }) => id));
  if (ended.kind !== 'answered') return all;
  const answer: unknown = ended.result;
  if (!isRecord(answer)) return new Set();
  const failures: unknown = answer['batchItemFailures'];
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const ids = failures.map((failure: unknown) => (isRecord(failure) ? failure['itemIdentifier'] : undefined));
  const failed = new Set<string>();
  for (const id of ids) {
    if (typeof id !== 'string' || !all.has(id)) return all;
    failed.add(id);
  }
  return failed;
}

export const toRecord = (queue: string, { id, body, receives }: ReceivedMessage): SQSRecord => ({
  messageId: id,
  receiptHandle: id,
  body,
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: '0',
    SenderId: 'simulated',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: arnOf(queue),
  awsRegion: 'us-east-1',
});
