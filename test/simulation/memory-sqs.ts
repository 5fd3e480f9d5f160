import type { Random } from './random.ts';
import { isRecord, type JsonRecord } from './wire-item.ts';

// SQS's standard queues in memory: at least once and in no order. A message that was received is hidden for the
// visibility timeout and comes back unless it is deleted; sometimes it is delivered although it is hidden, or comes back
// although it was deleted. After too many receptions it moves to the dead-letter queue.

export class SqsError extends Error {
  override readonly name = 'SqsError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export interface QueueShape {
  readonly name: string;
  readonly visibilityMs: number;
  readonly deadLetters?: { readonly queue: string; readonly receivesMax: number };
}

export interface ReceivedMessage {
  readonly id: string;
  readonly body: string;
  readonly receives: number;
}

interface Message {
  readonly id: string;
  readonly body: string;
  receives: number;
  visibleAt: number;
}

interface Queue {
  readonly shape: QueueShape;
  readonly messages: Map<string, Message>;
}

export interface MemorySqsOptions {
  readonly now: () => number;
  readonly random: Random;
  /** The probability of a delivery that a standard queue may make and mostly does not. */
  readonly duplicates: () => number;
  /** A message will be visible at this time. */
  readonly onMessage: (queue: string, visibleAt: number) => void;
}

/** Control characters other than tab, newline and return, and the two code points that are none. */
const REFUSED = /[^\P{Cc}\t\n\r\u007f-\u009f]|[\ufffe\uffff]/u;
const BYTES_MAX = 1024 * 1024;

export class MemorySqs {
  private readonly options: MemorySqsOptions;
  private readonly queues = new Map<string, Queue>();
  private count = 0;

  constructor(shapes: readonly QueueShape[], options: MemorySqsOptions) {
    this.options = options;
    for (const shape of shapes) this.queues.set(shape.name, { shape, messages: new Map() });
  }

  size(queue: string): number {
    return this.queue(queue).messages.size;
  }

  bodies(queue: string): readonly string[] {
    return [...this.queue(queue).messages.values()].map(({ body }) => body);
  }

  /** Carries out one request at this moment. `failEntry` picks the entries of a batch that are not taken. */
  handle(operation: string, request: JsonRecord, failEntry: () => boolean): JsonRecord {
    const url = request['QueueUrl'];
    if (typeof url !== 'string') throw new SqsError('InvalidParameterValue', 'The queue is missing.');
    const queue = this.queue(url.slice(url.lastIndexOf('/') + 1));
    if (operation === 'SendMessage') {
      allow(request, ['QueueUrl', 'MessageBody', 'DelaySeconds']);
      const body = bodyOf(request);
      if (isRefused(body)) throw new SqsError('InvalidMessageContents', REFUSAL);
      return {
        MessageId: this.send(queue, body, Number(request['DelaySeconds'] ?? 0)),
        MD5OfMessageBody: '',
      };
    }
    if (operation === 'GetQueueAttributes') {
      allow(request, ['QueueUrl', 'AttributeNames']);
      return { Attributes: {} };
    }
    if (operation !== 'SendMessageBatch')
      throw new SqsError('UnsupportedOperation', `The operation ${operation} is not modelled.`);
    allow(request, ['QueueUrl', 'Entries']);
    const entries = Array.isArray(request['Entries']) ? request['Entries'].filter(isRecord) : [];
    if (entries.length === 0) throw new SqsError('EmptyBatchRequest', 'A batch has 1 to 10 entries.');
    if (entries.length > 10)
      throw new SqsError('TooManyEntriesInBatchRequest', 'A batch has 1 to 10 entries.');
    if (new Set(entries.map(({ Id: id }) => id)).size !== entries.length)
      throw new SqsError('BatchEntryIdsNotDistinct', 'Two entries have the same id.');
    const bytes = entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(String(MessageBody)), 0);
    if (bytes > BYTES_MAX) throw new SqsError('BatchRequestTooLong', 'The messages are too long together.');
    const successful: JsonRecord[] = [];
    const failed: JsonRecord[] = [];
    for (const entry of entries) {
      allow(entry, ['Id', 'MessageBody']);
      const body = bodyOf(entry);
      if (isRefused(body)) {
        failed.push({ Id: entry['Id'], Code: 'InvalidMessageContents', SenderFault: true, Message: REFUSAL });
        continue;
      }
      if (failEntry()) {
        failed.push({ Id: entry['Id'], Code: 'InternalError', SenderFault: false, Message: 'Simulated.' });
        continue;
      }
      successful.push({ Id: entry['Id'], MessageId: this.send(queue, body), MD5OfMessageBody: '' });
    }
    return { Successful: successful, ...(failed.length > 0 && { Failed: failed }) };
  }

  /** Some of the visible messages, in no order, each hidden from now on. */
  receive(name: string, most: number): readonly ReceivedMessage[] {
    const queue = this.queue(name);
    const { now, random, duplicates } = this.options;
    const visible = [...queue.messages.values()].filter(({ visibleAt }) => visibleAt <= now());
    const received: ReceivedMessage[] = [];
    for (const message of random.shuffled(visible)) {
      if (received.length === most) break;
      const { deadLetters } = queue.shape;
      if (deadLetters !== undefined && message.receives >= deadLetters.receivesMax) {
        queue.messages.delete(message.id);
        this.put(this.queue(deadLetters.queue), message.id, message.body);
        continue;
      }
      message.receives += 1;
      // A standard queue may hand a message to a second receiver at the same time.
      message.visibleAt = now() + (random.chance(duplicates()) ? 0 : queue.shape.visibilityMs);
      this.options.onMessage(name, message.visibleAt);
      received.push({ id: message.id, body: message.body, receives: message.receives });
    }
    return received;
  }

  remove(name: string, id: string): void {
    // The server that holds a copy may be away while the message is deleted: the copy is delivered again.
    if (this.options.random.chance(this.options.duplicates())) return;
    this.queue(name).messages.delete(id);
  }

  /** Makes received messages visible before their timeout, as Lambda may do with failed ones. */
  release(name: string, id: string): void {
    const message = this.queue(name).messages.get(id);
    if (message === undefined) return;
    message.visibleAt = this.options.now();
    this.options.onMessage(name, message.visibleAt);
  }

  /** Loses a queue's messages, for tests of what must survive that. */
  purge(name: string): void {
    this.queue(name).messages.clear();
  }

  private send(queue: Queue, body: string, delaySeconds = 0): string {
    this.count += 1;
    const id = `message-${String(this.count)}`;
    this.put(queue, id, body, delaySeconds);
    return id;
  }

  private put(queue: Queue, id: string, body: string, delaySeconds = 0): void {
    const visibleAt = this.options.now() + delaySeconds * 1_000;
    queue.messages.set(id, { id, body, receives: 0, visibleAt });
    this.options.onMessage(queue.shape.name, visibleAt);
  }

  private queue(name: string): Queue {
    const queue = this.queues.get(name);
    if (queue === undefined) throw new SqsError('QueueDoesNotExist', `There is no queue ${name}.`);
    return queue;
  }
}

const REFUSAL = 'The message holds characters that SQS refuses.';

const isRefused = (body: string): boolean => REFUSED.test(body) || !body.isWellFormed();

function bodyOf(entry: JsonRecord): string {
  const body = entry['MessageBody'];
  if (typeof body !== 'string' || body === '')
    throw new SqsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (Buffer.byteLength(body) > BYTES_MAX)
    throw new SqsError('InvalidParameterValue', 'The message is too long.');
  return body;
}

function allow(request: JsonRecord, names: readonly string[]): void {
  for (const name in request) {
    if (!names.includes(name)) throw new SqsError('UnsupportedOperation', `${name} is not modelled.`);
  }
}
