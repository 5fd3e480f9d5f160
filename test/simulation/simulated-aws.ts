import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Faults } from './faults.ts';
import { DynamoError, type MemoryDynamo } from './memory-dynamo.ts';
import { SqsError, type MemorySqs } from './memory-sqs.ts';
import type { Random } from './random.ts';
import { SECRET_VALUES } from './secret-values.ts';
import { invocationStorage, type Invocation, type Scheduler } from './scheduler.ts';
import { isRecord, type JsonRecord } from './wire-item.ts';

// The real SDK clients with the network taken out. The model sits where the socket would be, as the clients' request
// handler: so the commands, their serialisation, the classification of errors, the repetition of failed requests with one
// and the same request token and the reading of answers are the SDK's own. Replaced are the signature (it proves nothing
// here and costs three quarters of a call) and the endpoint. Where the SDK waits before it repeats a request, the virtual
// clock waits (determinism.ts).

export interface SimulatedWorld {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly dynamo: MemoryDynamo;
  readonly sqs: MemorySqs;
  /** Calls that no other actor can notice, and which notice none, need no turn. */
  readonly isPrivate?: (invocation: Invocation | undefined, operation: string, body: JsonRecord) => boolean;
  /** Told when a worker is about to commit; it waits for this. */
  readonly onAmbush?: (sweepCalls: number) => Promise<void>;
  /** Told of every answer. */
  readonly onAnswer?: (invocation: Invocation | undefined, operation: string, answer: JsonRecord) => void;
  /** Told of every call, before it is carried out. */
  readonly onCall?: (
    invocation: Invocation | undefined,
    operation: string,
    request: { readonly target: string; readonly body: string },
  ) => void;
}

let world: SimulatedWorld | undefined;

/** Plugs the clients into this world; there is one at a time. */
export function plugIn(next: SimulatedWorld): void {
  world = next;
}

/** What the SDK reads of a reply; its own type says nothing. */
interface Handled {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  };
}
/** What the model reads of a request; the SDK's own type is not exported. */
interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const REQUEST_TIMEOUT_MS = 4_000;
/** As adapters/clients.ts sets it. */
const ATTEMPTS_MAX = 4;

/** A function, because what is true before a wait need not be true after it. */
const isGone = (invocation: Invocation | undefined): boolean => invocation?.alive === false;

const never = <Value>(): Promise<Value> => new Promise<Value>(() => undefined);

class RequestFailure extends Error {
  readonly code: string;

  constructor(name: string, code: string) {
    super(`simulated ${code}`);
    this.name = name;
    this.code = code;
  }
}

const reset = (): Error => new RequestFailure('Error', 'ECONNRESET');
const timedOut = (): Error => new RequestFailure('TimeoutError', 'ETIMEDOUT');

/** Carries out a request when its turn comes, with whatever fault may hit it. */
export async function carryOut(request: HttpRequest): Promise<Handled> {
  if (world === undefined) throw new Error('The clients are not plugged in.');
  const { scheduler, random, faults } = world;
  const invocation = invocationStorage.getStore();
  const target = request.headers['x-amz-target'] ?? '';
  const [service = '', operation = ''] = target.split('.');
  const body: unknown = JSON.parse(String(request.body));
  if (!isRecord(body)) throw new Error('A request is a JSON object.');
  const isDynamo = service.startsWith('DynamoDB');
  const fault = invocation?.faulty === true ? faults.atCall(() => String(request.body)) : undefined;
  const run = (partial = false): Handled => answerOf(isDynamo, operation, body, partial);

  const isPrivate = invocation?.faulty === false || world.isPrivate?.(invocation, operation, body) === true;
  const ambush = invocation?.settles === true ? faults.ambush(operation) : undefined;
  if (ambush !== undefined) await world.onAmbush?.(ambush);
  const slowMs = invocation?.slowMs ?? 0;
  if (!isPrivate)
    await (slowMs > 0 ? scheduler.sleep(random.below(slowMs), operation) : scheduler.turn(operation));
  if (isGone(invocation)) {
    // Its container died while the request was on its way: it may have left.
    if (random.chance(0.5)) run();
    return await never();
  }
  world.onCall?.(invocation, operation, { target, body: String(request.body) });
  switch (fault) {
    case undefined:
      return isDynamo && invocation?.faulty === true ? await inPieces(operation, body, run) : run();
    case 'refuse':
      throw reset();
    case 'error':
      return httpError(500, isDynamo ? 'InternalServerError' : 'InternalError', 'Simulated.');
    case 'lose reply':
      run();
      throw reset();
    case 'zombie':
      scheduler.start(async () => {
        await scheduler.sleep(random.below(random.pick([2_000, 20_000, 400_000])), 'zombie');
        run();
      });
      await scheduler.sleep(REQUEST_TIMEOUT_MS);
      throw timedOut();
    case 'throttle':
      return throttled(isDynamo, operation, body, random);
    case 'conflict':
      return conflicting(isDynamo, operation, body, random) ?? run();
    case 'delay':
      await scheduler.sleep(random.below(3_900));
      if (isGone(invocation)) return await never();
      return run();
    case 'freeze': {
      const reply = run();
      await scheduler.sleep(random.below(random.pick([8_000, 90_000])));
      return isGone(invocation) ? await never() : reply;
    }
    case 'crash before':
      invocation?.onKilled();
      return await never();
    case 'crash after':
      run();
      invocation?.onKilled();
      return await never();
    case 'part refused':
      return run(true);
  }
}

/** Carries out the request at this moment. */
function answerOf(isDynamo: boolean, operation: string, body: JsonRecord, partial: boolean): Handled {
  if (world === undefined) throw new Error('The clients are not plugged in.');
  const { dynamo, sqs, random } = world;
  try {
    if (isDynamo) {
      const answer = dynamo.handle(operation, body);
      world.onAnswer?.(invocationStorage.getStore(), operation, answer);
      return ok(answer);
    }
    if (operation === 'GetSecretValue')
      return ok({ SecretString: SECRET_VALUES.get(String(body['SecretId'])) });
    return ok(sqs.handle(operation, body, () => partial && random.chance(0.5)));
  } catch (error) {
    if (error instanceof DynamoError) {
      world.onAnswer?.(invocationStorage.getStore(), operation, { refused: error.type, ...error.fields });
      return httpError(400, error.type, error.message, error.fields);
    }
    if (error instanceof SqsError) return httpError(400, error.type, error.message);
    throw error;
  }
}

/** A batch is no snapshot and no transaction: its parts are carried out at different moments. */
async function inPieces(operation: string, body: JsonRecord, run: () => Handled): Promise<Handled> {
  const batch = batchOf(operation, body);
  if (world === undefined || batch === undefined || !world.random.chance(0.3)) return run();
  const { scheduler, dynamo, random } = world;
  const invocation = invocationStorage.getStore();
  const cut = random.between(1, batch.parts.length - 1);
  const first = batch.resultsOf(dynamo.handle(operation, batch.requestFor(batch.parts.slice(0, cut))));
  await scheduler.turn(`${operation}, the rest`);
  if (isGone(invocation) && random.chance(0.5)) return await never();
  const rest = batch.resultsOf(dynamo.handle(operation, batch.requestFor(batch.parts.slice(cut))));
  return isGone(invocation) ? await never() : ok(batch.answerOf([...first, ...rest], []));
}

/** A request of several parts that do not depend on each other. */
interface Batch {
  readonly parts: readonly unknown[];
  readonly requestFor: (parts: readonly unknown[]) => JsonRecord;
  readonly resultsOf: (answer: JsonRecord) => readonly unknown[];
  /** `left`: the parts that were not carried out. */
  readonly answerOf: (results: readonly unknown[], left: readonly unknown[]) => JsonRecord;
}

/** Undefined for what is no batch, or one of a single part. */
function batchOf(operation: string, body: JsonRecord): Batch | undefined {
  const batch =
    operation === 'BatchGetItem'
      ? batchOfKeys(body)
      : operation === 'BatchExecuteStatement'
        ? batchOfStatements(body)
        : undefined;
  return batch === undefined || batch.parts.length < 2 ? undefined : batch;
}

const listAt = (record: unknown, name: string): readonly unknown[] => {
  const list: unknown = isRecord(record) ? record[name] : undefined;
  return Array.isArray(list) ? list : [];
};

function batchOfKeys(body: JsonRecord): Batch | undefined {
  const [only] = isRecord(body['RequestItems']) ? Object.entries(body['RequestItems']) : [];
  if (only === undefined || !isRecord(only[1])) return undefined;
  const [table, request] = only;
  const forKeys = (Keys: readonly unknown[]): JsonRecord => ({ [table]: { ...request, Keys } });
  return {
    parts: listAt(request, 'Keys'),
    requestFor: (parts) => ({ RequestItems: forKeys(parts) }),
    resultsOf: (answer) => listAt(answer['Responses'], table),
    answerOf: (results, left) => ({
      Responses: { [table]: results },
      UnprocessedKeys: left.length === 0 ? {} : forKeys(left),
    }),
  };
}

const batchOfStatements = (body: JsonRecord): Batch => ({
  parts: listAt(body, 'Statements'),
  requestFor: (Statements) => ({ Statements }),
  resultsOf: (answer) => listAt(answer, 'Responses'),
  answerOf: (results, left) => ({
    Responses: [
      ...results,
      ...left.map(() => ({ Error: { Code: 'ThrottlingError', Message: 'Simulated.' } })),
    ],
  }),
});

const THROTTLES = ['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'];

function throttled(isDynamo: boolean, operation: string, body: JsonRecord, random: Random): Handled {
  if (!isDynamo) return httpError(400, 'ThrottlingException', 'Simulated.');
  const batch = batchOf(operation, body);
  if (batch !== undefined && world !== undefined) {
    // A part of the batch is carried out, the rest is left.
    const cut = random.between(1, batch.parts.length - 1);
    const answer = world.dynamo.handle(operation, batch.requestFor(batch.parts.slice(0, cut)));
    return ok(batch.answerOf(batch.resultsOf(answer), batch.parts.slice(cut)));
  }
  if (operation === 'TransactWriteItems' && random.chance(0.7))
    return cancelled(body, random, random.pick(['ThrottlingError', 'ProvisionedThroughputExceeded']));
  return httpError(400, random.pick(THROTTLES), 'Simulated.');
}

function conflicting(
  isDynamo: boolean,
  operation: string,
  body: JsonRecord,
  random: Random,
): Handled | undefined {
  if (!isDynamo) return undefined;
  if (operation === 'TransactWriteItems') return cancelled(body, random, 'TransactionConflict');
  if (!['PutItem', 'UpdateItem', 'DeleteItem'].includes(operation)) return undefined;
  return httpError(400, 'TransactionConflictException', 'Transaction is ongoing for the item');
}

function cancelled(body: JsonRecord, random: Random, code: string): Handled {
  const count = Array.isArray(body['TransactItems']) ? body['TransactItems'].length : 1;
  const at = random.below(count);
  return httpError(400, 'TransactionCanceledException', 'Transaction cancelled, see the reasons.', {
    CancellationReasons: Array.from({ length: count }, (_, index) => ({
      Code: index === at ? code : 'None',
    })),
  });
}

const encoder = new TextEncoder();
const HEADERS = { 'content-type': 'application/x-amz-json-1.0' };

const ok = (answer: JsonRecord): Handled => answered(200, JSON.stringify(answer));

const httpError = (statusCode: number, type: string, message: string, fields: JsonRecord = {}): Handled =>
  answered(statusCode, JSON.stringify({ __type: `com.amazonaws.simulated#${type}`, message, ...fields }));

function answered(statusCode: number, text: string): Handled {
  return { response: { statusCode, headers: HEADERS, body: encoder.encode(text) } };
}

const requestHandler = {
  handle: carryOut,
  metadata: { handlerProtocol: 'http/1.1' },
  updateHttpClientConfig: (): void => undefined,
  httpHandlerConfigs: (): object => ({}),
};

const settings = {
  requestHandler,
  endpoint: 'http://simulated.invalid',
  region: 'us-east-1',
  credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
  maxAttempts: ATTEMPTS_MAX,
  retryMode: 'standard',
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  cacheMiddleware: true,
};

export interface SimulatedClients {
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly secrets: SecretsManagerClient;
}

/** New clients for each run: the SDK's retry strategy remembers failures. */
export function simulatedClients(): SimulatedClients {
  const dynamo = new DynamoDBClient(settings);
  const sqs = new SQSClient({ ...settings, md5: false });
  const secrets = new SecretsManagerClient(settings);
  for (const client of [dynamo, sqs, secrets])
    for (const name of LEFT_OUT) client.middlewareStack.remove(name);
  return { dynamo, sqs, secrets };
}

const LEFT_OUT = [
  'httpSigningMiddleware',
  'getUserAgentMiddleware',
  'hostHeaderMiddleware',
  'loggerMiddleware',
  'recursionDetectionMiddleware',
];
