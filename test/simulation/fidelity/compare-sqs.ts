import { MemorySqs, SqsError, type QueueShape } from '../memory-sqs.ts';
import { Random } from '../random.ts';
import { isRecord } from '../wire-item.ts';
import type { JsonService } from './json-service.ts';
import { sending, type Sending } from './sqs-trace.ts';

// The same messages into the model's queues and the embedded SQS's: what is taken, what is refused and under which name, what
// comes out, how often a message that nobody removes comes, and where it goes then.

export interface SqsDifference {
  readonly seed: number;
  readonly what: string;
  readonly model: string;
  readonly engine: string;
}

const RECEIVES_MAX = 3;
const URL_START = 'http://127.0.0.1/000000000000/';

export async function compareQueues(
  seed: number,
  length: number,
  service: JsonService,
): Promise<{ readonly operations: number; readonly differences: readonly SqsDifference[] }> {
  const random = new Random(seed);
  const shapes = shapesOf(seed);
  const model = new MemorySqs(shapes, {
    now: () => 0,
    random,
    duplicates: () => 0,
    onMessage: () => undefined,
  });
  const engine = new EngineQueues(service);
  for (const shape of [...shapes].reverse()) await engine.create(shape);
  const [kept, stubborn, dead] = shapes.map(({ name }) => name);
  if (kept === undefined || stubborn === undefined || dead === undefined) throw new Error('There are three.');
  const differences: SqsDifference[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    const [left, right] = [JSON.stringify(ours), JSON.stringify(theirs)];
    if (left !== right) differences.push({ seed, what, model: left, engine: right });
  };
  for (let step = 0; step < length; step += 1) {
    const queue = random.pick([kept, kept, stubborn]);
    const sent = sending(random);
    compare(describe(sent), onModel(model, queue, sent), await engine.send(queue, sent));
  }
  for (const queue of [kept, stubborn, dead]) {
    compare(`what came out of ${queue}`, emptied(model, queue), await engine.emptied(queue));
  }
  return { operations: length, differences };
}

/** A queue that hides what was received for long, and one that never does, whose messages become dead letters. */
const shapesOf = (seed: number): readonly QueueShape[] => [
  { name: `kept-${String(seed)}`, visibilityMs: 600_000 },
  {
    name: `stubborn-${String(seed)}`,
    visibilityMs: 0,
    deadLetters: { queue: `dead-${String(seed)}`, receivesMax: RECEIVES_MAX },
  },
  { name: `dead-${String(seed)}`, visibilityMs: 600_000 },
];

const describe = ({ name, request }: Sending): string => `${name} ${JSON.stringify(request).slice(0, 300)}`;

function onModel(model: MemorySqs, queue: string, { name, request }: Sending): unknown {
  try {
    return takenOf(model.handle(name, { QueueUrl: URL_START + queue, ...request }, () => false));
  } catch (error) {
    if (error instanceof SqsError) return error.type;
    throw error;
  }
}

/** How many deliveries each message had, until none is left. */
function emptied(model: MemorySqs, queue: string): readonly string[] {
  const bodies: string[] = [];
  for (;;) {
    const messages = model.receive(queue, 10);
    if (messages.length === 0) return bodies.sort();
    bodies.push(...messages.map(({ body }) => body));
  }
}

/** `taken`, or which entries of a batch were. */
function takenOf(answer: unknown): unknown {
  if (!isRecord(answer)) return answer;
  const { Successful: successful, Failed: failed } = answer;
  if (!Array.isArray(successful) && !Array.isArray(failed)) return 'taken';
  const ids = (list: unknown): string[] =>
    Array.isArray(list)
      ? list.map((entry: unknown) => (isRecord(entry) ? JSON.stringify([entry['Id'], entry['Code']]) : ''))
      : [];
  return { taken: ids(successful).sort(), failed: ids(failed).sort() };
}

class EngineQueues {
  private readonly service: JsonService;
  private readonly urls = new Map<string, string>();

  constructor(service: JsonService) {
    this.service = service;
  }

  async create({ name, visibilityMs, deadLetters }: QueueShape): Promise<void> {
    const Attributes = {
      VisibilityTimeout: String(visibilityMs / 1_000),
      ...(deadLetters !== undefined && {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${deadLetters.queue}`,
          maxReceiveCount: deadLetters.receivesMax,
        }),
      }),
    };
    const { body } = await this.call('CreateQueue', { QueueName: name, Attributes });
    const url: unknown = isRecord(body) ? body['QueueUrl'] : undefined;
    if (typeof url !== 'string') throw new Error(`A queue was not created: ${JSON.stringify(body)}`);
    this.urls.set(name, url);
  }

  async send(queue: string, { name, request }: Sending): Promise<unknown> {
    const { status, body } = await this.call(name, { QueueUrl: this.urls.get(queue), ...request });
    if (status === 200) return takenOf(body);
    const type = isRecord(body) && typeof body['__type'] === 'string' ? body['__type'] : String(status);
    return type.slice(type.lastIndexOf('#') + 1);
  }

  async emptied(queue: string): Promise<readonly string[]> {
    const bodies: string[] = [];
    for (;;) {
      const { body } = await this.call('ReceiveMessage', {
        QueueUrl: this.urls.get(queue),
        MaxNumberOfMessages: 10,
      });
      const messages: unknown = isRecord(body) ? body['Messages'] : undefined;
      if (!Array.isArray(messages) || messages.length === 0) return bodies.sort();
      bodies.push(...messages.map((message: unknown) => (isRecord(message) ? String(message['Body']) : '')));
    }
  }

  private call(operation: string, body: unknown): Promise<{ status: number; body: unknown }> {
    return this.service.call(`AmazonSQS.${operation}`, body);
  }
}
