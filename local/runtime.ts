import { mkdirSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { SQSClient } from '@aws-sdk/client-sqs';
import { withoutLogger } from '../adapters/clients.ts';
import { type DataDir, openDataDir, writeStateFile } from './data-dir.ts';
import { watchDiskSpace } from './disk-space.ts';
import { dynamodbBinary } from './engines/dynamodb-binary.ts';
import { startDynamodbEngine } from './engines/dynamodb-engine.ts';
import { type Engine, externalEngine } from './engines/engine.ts';
import { bringQueuesInLine } from './engines/queues.ts';
import { type SqsEngine, startSqsEngine } from './engines/sqs-engine.ts';
import { bringTablesInLine } from './engines/tables.ts';
import { startWatchdog, type Watchdog } from './engines/watchdog.ts';
import { FunctionPool } from './functions/function-pool.ts';
import { startGateway } from './gateway/gateway.ts';
import { Access, type IamUsage } from './iam/access.ts';
import { Secrets } from './iam/secrets.ts';
import { startServiceProxy } from './iam/service-proxy.ts';
import { openKeys } from './keys.ts';
import { arnOf, REGION } from './local-account.ts';
import type { LogSink } from './log.ts';
import { type MemoryUse, memoryUseOf } from './memory-use.ts';
import { seedIngestKey } from './seed-ingest-key.ts';
import type { EventSource } from './sources/event-source.ts';
import { startQueueSource } from './sources/queue-source.ts';
import { StreamPositions } from './sources/stream-positions.ts';
import { startStreamSource } from './sources/stream-source.ts';
import { startTimerSource } from './sources/timer-source.ts';
import { startTtlSweeper } from './sources/ttl-sweeper.ts';
import { StartError } from './start-error.ts';
import { readAssembly } from './template/assembly.ts';
import type { FunctionPlan, Plan } from './template/plan.ts';
import { readPlan } from './template/read-plan.ts';
import { cacheFolder, cachedAssembly } from './template/template-cache.ts';

// The whole of AWS that the template needs, on one machine: engines, the proxy that enforces roles, the functions, what
// invokes them, and the gateway. Starting goes from the inside out, so that nothing is called before it is there;
// stopping goes the other way.

export interface RuntimeOptions {
  readonly dataDir: string;
  /** Of the gateway; 0 takes any free one. */
  readonly port: number;
  /** A cloud assembly that exists, or this project, whose stack is synthesised when it has changed. */
  readonly template: { readonly assembly: string } | { readonly project: string };
  /** @default generated once and kept in the data folder */
  readonly adminKey?: string | undefined;
  /** @default generated once and kept in the data folder */
  readonly ingestKey?: string | undefined;
  /** What the secret of the billing providers holds, as JSON. @default nothing */
  readonly billingSecret?: string | undefined;
  /** @default the embedded engine */
  readonly dynamodbEndpoint?: string | undefined;
  /** @default the embedded engine */
  readonly sqsEndpoint?: string | undefined;
  /** @default nobody listens */
  readonly log?: LogSink | undefined;
  /** How much faster than the clock timers and sweeps run. @default 1 */
  readonly timerScale?: number | undefined;
}

export interface Runtime {
  /** Of the gateway, without a trailing slash. */
  readonly url: string;
  readonly adminKey: string;
  readonly ingestKey: string;
  /** The engines themselves, where every call is allowed. */
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string };
  /** The stack's outputs, with the URLs of this machine. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Table names by logical id. */
  readonly tables: Readonly<Record<string, string>>;
  /** Queue URLs, at the engine, by logical id. */
  readonly queues: Readonly<Record<string, string>>;
  /** Milliseconds from the start to the end of each step, in the order in which they ended. */
  readonly timings: readonly (readonly [step: string, ms: number])[];
  /** What each function called, was denied, and may call but never did. */
  iamUsage(): IamUsage;
  memory(): readonly MemoryUse[];
  /** Lets running invocations finish for a while, then ends everything. Calling it again ends everything at once. */
  stop(): Promise<void>;
}

const GRACE_MS = 10_000;
/**
 * Of one function at once. Two keep a second core busy while one waits for an engine; more than there are cores would only
 * take each other's time, and 90 MB each.
 */
const ENVIRONMENTS_MAX = Math.max(2, Math.min(availableParallelism(), 4));
const DUMMY_CREDENTIALS = { accessKeyId: 'tallyhook', secretAccessKey: 'local' };

export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const start = new Start(options);
  try {
    return await start.run();
  } catch (error) {
    await start.undo();
    throw error;
  }
}

class Start {
  private readonly options: RuntimeOptions;
  private readonly log: LogSink;
  private readonly startedMs = performance.now();
  private readonly timings: (readonly [string, number])[] = [];
  /** In the order of starting; ended in the opposite order. */
  private readonly closers: (() => Promise<void> | void)[] = [];

  constructor(options: RuntimeOptions) {
    this.options = options;
    this.log = options.log ?? ((): void => {});
  }

  async run(): Promise<Runtime> {
    const { options, log } = this;
    checkEndpoint('DYNAMODB_ENDPOINT', options.dynamodbEndpoint);
    checkEndpoint('SQS_ENDPOINT', options.sqsEndpoint);
    const gateway = await startGateway({ port: options.port, log });
    this.closers.push(() => gateway.close(0));
    const dataDir = openDataDir(options.dataDir);
    this.closers.push(() => {
      dataDir.release();
    });
    const disk = watchDiskSpace(options.dataDir, log);
    this.closers.push(() => {
      disk.stop();
    });
    const keys = openKeys(dataDir.keysFile, options);
    const positions = new StreamPositions(dataDir.streamPositionsFile);
    const watchdog = startWatchdog();
    this.closers.push(() => watchdog.stop());
    this.step('gateway and data folder');

    const [assemblyFolder, dynamodb, sqs] = await allOrUndo([
      this.assemblyFolder(),
      this.dynamodb(dataDir, watchdog),
      this.sqs(dataDir),
    ]);
    this.step('engines and template');

    const proxy = await startServiceProxy({
      upstreams: {
        dynamodb: upstreamOf(dynamodb, options.dynamodbEndpoint),
        sqs: upstreamOf(sqs, options.sqsEndpoint),
      },
      callSqs: 'call' in sqs ? (operation, body) => sqs.call(operation, body) : undefined,
      isDiskShort: () => disk.isShort(),
    });
    this.closers.push(() => proxy.close());
    const plan = readPlan(readAssembly(assemblyFolder), {
      gatewayUrl: `${gateway.url}/`,
      queueUrlOf: (name) => `${proxy.url}/${arnOf('sqs', name).split(':')[4] ?? ''}/${name}`,
    });
    const access = new Access(plan.functions, log);
    requireMappingPermissions(plan, access);
    const adminSecretArn = plan.outputs['AdminKeySecretArn'];
    const adminSecret =
      plan.secrets.find(({ arn }) => arn === adminSecretArn) ??
      (plan.secrets.length === 1 ? plan.secrets[0] : undefined);
    const given = new Map([[plan.outputs['BillingSecretArn'] ?? '', options.billingSecret ?? '{}']]);
    proxy.open({ access, secrets: new Secrets(plan.secrets, keys, adminSecret?.logicalId, given) });
    this.step('plan');

    const client = { region: REGION, credentials: DUMMY_CREDENTIALS };
    const clients = {
      dynamodb: new DynamoDBClient({ ...client, endpoint: dynamodb.endpoint }),
      streams: new DynamoDBStreamsClient({ ...client, endpoint: dynamodb.endpoint }),
      sqs: withoutLogger(
        new SQSClient({ ...client, endpoint: sqs.endpoint, useQueueUrlAsEndpoint: false, md5: false }),
      ),
    };
    const pools = this.pools(plan, proxy.url, watchdog, assemblyFolder);
    this.closers.push(() => closePools(pools, 0));
    // Functions load while tables and queues are made; they are not called before both are done.
    const warm = this.warmUp(plan, pools);
    const [queueUrls] = await allOrUndo([
      bringQueuesInLine(clients.sqs, plan.queues, sqs.endpoint),
      bringTablesInLine(clients.dynamodb, plan.tables).then(() =>
        seedIngestKey(clients.dynamodb, plan, keys.ingestKey, log),
      ),
    ]);
    this.step('tables, queues and key');
    await warm;
    this.step('functions');

    const sources = this.sources(plan, pools, clients, queueUrls, positions);
    gateway.open(
      plan.urls.map((url) => ({
        url,
        ...functionOf(plan, url.functionId),
        pool: poolOf(pools, url.functionId),
      })),
    );
    writeStateFile(dataDir.runningFile, {
      pid: process.pid,
      url: gateway.url,
      dynamodbEndpoint: dynamodb.endpoint,
      sqsEndpoint: sqs.endpoint,
    });
    this.step('ready');

    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      // Nothing new is begun; what runs may finish, and only then goes what it needs.
      await Promise.race([
        Promise.all([gateway.close(GRACE_MS), ...sources.map((source) => source.stop())]),
        new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref()),
      ]);
      await closePools(pools, 0);
      for (const one of Object.values(clients)) one.destroy();
      await this.undo();
    };
    return {
      url: gateway.url,
      adminKey: keys.adminKey,
      ingestKey: keys.ingestKey,
      endpoints: { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint },
      outputs: plan.outputs,
      tables: Object.fromEntries(plan.tables.map(({ logicalId, name }) => [logicalId, name])),
      queues: Object.fromEntries(
        plan.queues.map(({ logicalId, name }) => [logicalId, queueUrls.get(name) ?? '']),
      ),
      timings: this.timings,
      iamUsage: () => access.usage(),
      memory: () => memoryOf(plan, pools, dynamodb, watchdog),
      stop: async () => {
        if (stopping !== undefined) await closePools(pools, 0);
        stopping ??= stop();
        await stopping;
      },
    };
  }

  /** Ends what has been started so far. */
  async undo(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close();
  }

  private step(name: string): void {
    this.timings.push([name, performance.now() - this.startedMs]);
  }

  private async assemblyFolder(): Promise<string> {
    const { template } = this.options;
    if ('assembly' in template) return template.assembly;
    const { folder, hit } = await cachedAssembly({ projectRoot: template.project });
    this.step(hit ? 'template, unchanged' : 'template, synthesised');
    return folder;
  }

  private async dynamodb(dataDir: DataDir, watchdog: Watchdog): Promise<Engine> {
    const { dynamodbEndpoint } = this.options;
    const engine =
      dynamodbEndpoint === undefined
        ? await startDynamodbEngine({
            binary: dynamodbBinary(),
            file: dataDir.dynamodbFile,
            log: this.log,
            watchdog,
          })
        : externalEngine(dynamodbEndpoint);
    this.closers.push(() => engine.stop());
    this.step('DynamoDB');
    return engine;
  }

  private async sqs(dataDir: DataDir): Promise<Engine | SqsEngine> {
    const { sqsEndpoint } = this.options;
    if (sqsEndpoint === undefined) mkdirSync(dataDir.sqsFolder, { recursive: true, mode: 0o700 });
    const engine =
      sqsEndpoint === undefined
        ? await startSqsEngine({ folder: dataDir.sqsFolder, log: this.log })
        : externalEngine(sqsEndpoint);
    this.closers.push(() => engine.stop());
    this.step('SQS');
    return engine;
  }

  private pools(
    plan: Plan,
    serviceUrl: string,
    watchdog: Watchdog,
    assemblyFolder: string,
  ): ReadonlyMap<string, FunctionPool> {
    // With an assembly of our own cache goes the compiled code of its bundles; a folder given by others is left alone.
    const compileCacheFolder =
      'project' in this.options.template
        ? join(assemblyFolder, '.compiled')
        : cacheFolder(process.cwd(), 'code-of-other-assemblies');
    return new Map(
      plan.functions.map((functionPlan) => [
        functionPlan.logicalId,
        new FunctionPool({
          plan: functionPlan,
          serviceUrl,
          log: this.log,
          watchdog,
          compileCacheFolder,
          environmentsMax: ENVIRONMENTS_MAX,
          priority: hasUrl(functionPlan, plan) ? 0 : constants.priority.PRIORITY_BELOW_NORMAL,
          environmentsMin: servesEverybody(functionPlan, plan) ? 1 : 0,
        }),
      ]),
    );
  }

  private async warmUp(plan: Plan, pools: ReadonlyMap<string, FunctionPool>): Promise<void> {
    const served = plan.functions.filter((one) => hasUrl(one, plan));
    await Promise.all(
      served.map(async ({ logicalId, displayName }) => {
        const outcome = await poolOf(pools, logicalId).warmUp();
        if (outcome?.ok !== false) return;
        const { errorType, errorMessage } = outcome.error;
        const text = `${displayName} cannot be loaded (${errorType}: ${errorMessage}); every call of it will fail.`;
        this.log({ source: 'runtime', level: 'warn', text });
      }),
    );
  }

  private sources(
    plan: Plan,
    pools: ReadonlyMap<string, FunctionPool>,
    clients: { dynamodb: DynamoDBClient; streams: DynamoDBStreamsClient; sqs: SQSClient },
    queueUrls: ReadonlyMap<string, string>,
    positions: StreamPositions,
  ): EventSource[] {
    const { log } = this;
    const scale = this.options.timerScale ?? 1;
    const queueOf = (id: string) => {
      const queue = found(plan.queues, id);
      return { queueArn: queue.arn, queueUrl: queueUrls.get(queue.name) ?? '' };
    };
    const queueSources = plan.queueMappings.map((mapping) => {
      return startQueueSource({
        mapping,
        ...queueOf(mapping.queueId),
        ...functionOf(plan, mapping.functionId),
        client: clients.sqs,
        pool: poolOf(pools, mapping.functionId),
        concurrencyMax: Math.min(mapping.concurrencyMax ?? Infinity, ENVIRONMENTS_MAX),
        log,
      });
    });
    const streamSources = plan.streamMappings.map((mapping) =>
      startStreamSource({
        mapping,
        table: found(plan.tables, mapping.tableId),
        ...functionOf(plan, mapping.functionId),
        dynamodb: clients.dynamodb,
        streams: clients.streams,
        onFailure:
          mapping.onFailureQueueId === undefined
            ? undefined
            : { client: clients.sqs, queueUrl: queueOf(mapping.onFailureQueueId).queueUrl },
        pool: poolOf(pools, mapping.functionId),
        positions,
        log,
      }),
    );
    const timerSources = plan.timers.map((timer) =>
      startTimerSource({
        timer,
        targets: timer.targets.map(({ functionId, input }) => ({
          pool: poolOf(pools, functionId),
          ...functionOf(plan, functionId),
          retriesMax: found(plan.functions, functionId).asyncRetriesMax,
          input,
        })),
        scale,
        log,
      }),
    );
    const sweeper = startTtlSweeper({ tables: plan.tables, client: clients.dynamodb, scale, log });
    return [...queueSources, ...streamSources, ...timerSources, sweeper];
  }
}

/** Waits for all, so that everything that did start is known and can be ended, then throws the first failure. */
async function allOrUndo<const T extends readonly Promise<unknown>[]>(
  steps: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(steps);
  return await Promise.all(steps);
}

function checkEndpoint(name: string, endpoint: string | undefined): void {
  if (endpoint === undefined) return;
  if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== 'http:') {
    throw new StartError(
      `${name} must be the http:// URL of an emulator, for example http://127.0.0.1:8000, not ${endpoint}: to use AWS itself, deploy the stack with "npx cdk deploy".`,
    );
  }
}

function upstreamOf(
  engine: Engine,
  given: string | undefined,
): { host: string; port: number; accessKeyId: string | undefined } {
  const { hostname, port } = new URL(engine.endpoint);
  return {
    host: hostname,
    port: port === '' ? 80 : Number(port),
    accessKeyId: given === undefined ? undefined : DUMMY_CREDENTIALS.accessKeyId,
  };
}

/** Somebody waits for what it answers. Those that queues, streams and timers call let others go first. */
const hasUrl = ({ logicalId }: FunctionPlan, plan: Plan): boolean =>
  plan.urls.some(({ functionId }) => functionId === logicalId);

/** The function that answers every path that no other one claims. */
function servesEverybody({ logicalId }: FunctionPlan, plan: Plan): boolean {
  return plan.urls.some(({ functionId, paths }) => functionId === logicalId && paths.includes('*'));
}

/** Lambda checks these when a mapping is created: its pollers act in the name of the function's role. */
function requireMappingPermissions(plan: Plan, access: Access): void {
  const require = (mappingId: string, functionId: string, action: string, resource: string): void => {
    if (access.refusalOf(functionId, action, resource) === undefined) return;
    const { displayName } = found(plan.functions, functionId);
    throw new StartError(
      `${mappingId} would fail to deploy: the role of ${displayName} does not allow ${action} on ${resource}.`,
    );
  };
  for (const { logicalId, functionId, queueId } of plan.queueMappings) {
    const { arn } = found(plan.queues, queueId);
    for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']) {
      require(logicalId, functionId, action, arn);
    }
  }
  for (const { logicalId, functionId, tableId, onFailureQueueId } of plan.streamMappings) {
    const arn = `${found(plan.tables, tableId).arn}/stream/local`;
    for (const action of ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams']) {
      require(logicalId, functionId, `dynamodb:${action}`, arn);
    }
    if (onFailureQueueId !== undefined) {
      require(logicalId, functionId, 'sqs:SendMessage', found(plan.queues, onFailureQueueId).arn);
    }
  }
}

function memoryOf(
  plan: Plan,
  pools: ReadonlyMap<string, FunctionPool>,
  dynamodb: Engine,
  watchdog: Watchdog,
): MemoryUse[] {
  const processes: [string, number | undefined][] = [
    ['runtime and SQS', process.pid],
    ['DynamoDB', dynamodb.pid()],
    ['watchdog', watchdog.pid()],
    ...plan.functions.flatMap(({ logicalId, displayName }) =>
      (pools.get(logicalId)?.pids() ?? []).map((pid): [string, number] => [displayName, pid]),
    ),
  ];
  return processes.flatMap(([what, pid]) => (pid === undefined ? [] : [memoryUseOf(what, pid)]));
}

async function closePools(pools: ReadonlyMap<string, FunctionPool>, graceMs: number): Promise<void> {
  await Promise.all([...pools.values()].map((pool) => pool.close(graceMs)));
}

function functionOf(plan: Plan, functionId: string): { functionName: string; functionArn: string } {
  const { displayName, arn } = found(plan.functions, functionId);
  return { functionName: displayName, functionArn: arn };
}

function poolOf(pools: ReadonlyMap<string, FunctionPool>, functionId: string): FunctionPool {
  const pool = pools.get(functionId);
  if (pool === undefined) throw new Error(`No pool for ${functionId}`);
  return pool;
}

function found<T extends { readonly logicalId: string }>(things: readonly T[], logicalId: string): T {
  const thing = things.find((candidate) => candidate.logicalId === logicalId);
  if (thing === undefined) throw new Error(`${logicalId} is not part of the plan`);
  return thing;
}
