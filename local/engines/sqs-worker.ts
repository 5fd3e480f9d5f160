import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
// By path, because the package exports only its server, which listens on every network interface of the machine.
import { SqsError } from '../../node_modules/fauxqs/dist/common/errors.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { changeMessageVisibility } from '../../node_modules/fauxqs/dist/sqs/actions/changeMessageVisibility.js';
import { changeMessageVisibilityBatch } from '../../node_modules/fauxqs/dist/sqs/actions/changeMessageVisibilityBatch.js';
import { createQueue } from '../../node_modules/fauxqs/dist/sqs/actions/createQueue.js';
import { deleteMessage } from '../../node_modules/fauxqs/dist/sqs/actions/deleteMessage.js';
import { deleteMessageBatch } from '../../node_modules/fauxqs/dist/sqs/actions/deleteMessageBatch.js';
import { getQueueAttributes } from '../../node_modules/fauxqs/dist/sqs/actions/getQueueAttributes.js';
import { getQueueUrl } from '../../node_modules/fauxqs/dist/sqs/actions/getQueueUrl.js';
import { listQueues } from '../../node_modules/fauxqs/dist/sqs/actions/listQueues.js';
import { purgeQueue } from '../../node_modules/fauxqs/dist/sqs/actions/purgeQueue.js';
import { receiveMessage } from '../../node_modules/fauxqs/dist/sqs/actions/receiveMessage.js';
import { sendMessage } from '../../node_modules/fauxqs/dist/sqs/actions/sendMessage.js';
import { sendMessageBatch } from '../../node_modules/fauxqs/dist/sqs/actions/sendMessageBatch.js';
import { setQueueAttributes } from '../../node_modules/fauxqs/dist/sqs/actions/setQueueAttributes.js';
import type { SqsActionHandler } from '../../node_modules/fauxqs/dist/sqs/sqsRouter.js';
import { type SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { codeOf, reasonOf } from '../caught.ts';
import type { SqsAnswer, SqsCall } from './sqs-answer.ts';
import { SqsPersistence } from './sqs-persistence.ts';

// The embedded SQS: fauxqs' queues and actions behind a server of our own, in a thread of its own. Our server listens on
// loopback only, answers after the commit, and starts in a fraction of the time. When SQLite fails, this thread ends: memory
// and disk differ then, and the thread that replaces it reads the disk.

const settings = parseSettings(workerData);

const BODY_BYTES_MAX = 16 * 1024 * 1024;
const EXPIRY_PERIOD_MS = 60_000;

const ACTIONS = new Map<string, SqsActionHandler>([
  ['ChangeMessageVisibility', changeMessageVisibility],
  ['ChangeMessageVisibilityBatch', changeMessageVisibilityBatch],
  ['CreateQueue', createQueue],
  ['DeleteMessage', deleteMessage],
  ['DeleteMessageBatch', deleteMessageBatch],
  ['GetQueueAttributes', getQueueAttributes],
  ['GetQueueUrl', getQueueUrl],
  ['ListQueues', listQueues],
  ['PurgeQueue', purgeQueue],
  ['ReceiveMessage', receiveMessage],
  ['SendMessage', sendMessage],
  ['SendMessageBatch', sendMessageBatch],
  ['SetQueueAttributes', setQueueAttributes],
]);

const store = new SqsStore();
const persistence = new SqsPersistence(settings.folder);
if (settings.makeInFlightVisible) persistence.makeInFlightVisible();
// Loaded before the store writes through: loading creates the queues again, and replacing their rows would delete their
// messages.
persistence.loadSqsAndSns(store, new SnsStore());
store.persistence = persistence;
for (const queue of store.allQueues()) queue.persistence = persistence;

const server = createServer((request, response) => {
  answer(request, response).catch(end);
});
// Connections come from our own pollers and from other programs, and idle for as long as there is no work.
server.keepAliveTimeout = 0;
server.requestTimeout = 0;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    request.destroy();
    return;
  }
  const operation = String(request.headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');
  const { status, queryError, text } = await perform(operation, body.toString('utf8'), request.headers);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(text),
    ...(queryError !== undefined && { 'x-amzn-query-error': queryError }),
  });
  response.end(text);
}

async function perform(operation: string, body: string, headers: IncomingHttpHeaders): Promise<SqsAnswer> {
  const action = ACTIONS.get(operation);
  try {
    if (action === undefined)
      throw new SqsError('InvalidAction', `The local SQS does not know the action ${operation}.`);
    // Typed as Fastify's request; of that the actions read the headers only.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
    const result = (await action(parseBody(body), store, { headers } as never)) ?? {};
    persistence.commit();
    return { status: 200, text: JSON.stringify(result) };
  } catch (error) {
    if (codeOf(error) === 'ERR_SQLITE_ERROR') throw error;
    // Anything else is a request that fauxqs did not expect. What it did before stands, in memory as on disk.
    persistence.commit();
    const known =
      error instanceof SqsError ? error : new SqsError('InternalFailure', reasonOf(error), 500, false);
    return {
      status: known.statusCode,
      queryError: known.queryErrorHeader,
      text: JSON.stringify(known.toJSON()),
    };
  }
}

/** Ends this thread: whoever started it starts another one. */
function end(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) return undefined;
      size += chunk.length;
      if (size > BODY_BYTES_MAX) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function parseBody(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value)) return value;
  } catch {
    // Answered below.
  }
  throw new SqsError('InvalidParameterValue', 'The request body is not a JSON object.');
}

// Guards by hand: a schema library would add half again to the time this thread needs to start.
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseSettings(value: unknown): { folder: string; port: number; makeInFlightVisible: boolean } {
  if (isObject(value)) {
    const { folder, port, makeInFlightVisible } = value;
    if (typeof folder === 'string' && typeof port === 'number' && typeof makeInFlightVisible === 'boolean') {
      return { folder, port, makeInFlightVisible };
    }
  }
  throw new Error('The SQS thread was started without its settings');
}

/** fauxqs keeps messages for ever; SQS for the retention period of the queue, counted from the first send. */
function expire(queue: SqsQueue): void {
  const oldestMs = Date.now() - Number(queue.attributes['MessageRetentionPeriod']) * 1000;
  const keep = ({ messageId, sentTimestamp }: SqsQueue['messages'][number]): boolean => {
    if (sentTimestamp >= oldestMs) return true;
    persistence.deleteMessage(messageId);
    return false;
  };
  queue.messages = queue.messages.filter(keep);
  queue.delayedMessages = queue.delayedMessages.filter(keep);
}

const expiry = setInterval(() => {
  for (const queue of store.allQueues()) expire(queue);
  persistence.commit();
}, EXPIRY_PERIOD_MS);

function stop(): void {
  clearInterval(expiry);
  store.shutdown();
  server.close(() => {
    persistence.close();
    parentPort?.close();
  });
  server.closeAllConnections();
}

parentPort?.on('message', (message: SqsCall | 'stop') => {
  if (message === 'stop') stop();
  else {
    const { id, operation, body } = message;
    perform(operation, body, {})
      .then((answered) => parentPort?.postMessage({ id, answer: answered }))
      .catch(end);
  }
});

server.listen(settings.port, '127.0.0.1', () => parentPort?.postMessage('ready'));
