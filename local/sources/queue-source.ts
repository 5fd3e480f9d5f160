import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { reasonOf } from '../caught.ts';
import type { Outcome } from '../functions/execution-environment.ts';
import type { FunctionPool } from '../functions/function-pool.ts';
import { REGION } from '../local-account.ts';
import type { LogSink } from '../log.ts';
import type { QueueMappingPlan } from '../template/plan.ts';
import { type EventSource, pause } from './event-source.ts';
import { batchVerdictOf } from './partial-batch-response.ts';

// An event-source mapping of a queue. One collector gathers a batch until it is full or its window is over, hands it to the
// function, and gathers the next one while that runs, up to the mapping's concurrency. One collector instead of AWS's five
// pollers makes batches as full as they can be, which is what the machine's two cores need.
//
// What succeeded is deleted. What failed is left alone: its visibility timeout brings it back, or its receive count moves
// it to the dead-letter queue, both done by SQS.

interface QueueSourceOptions {
  readonly mapping: QueueMappingPlan;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly functionName: string;
  readonly client: SQSClient;
  readonly pool: FunctionPool;
  readonly concurrencyMax: number;
  readonly log: LogSink;
}

const RECEIVE_MESSAGES_MAX = 10;
const LONG_POLL_SECONDS = 20;
/**
 * Between two looks at a queue that had less than was asked for. Messages that come one by one would otherwise be received
 * one by one, and a receive costs as much as a send.
 */
const WINDOW_POLL_MS = 100;
const ERROR_PAUSE_MS = 500;
/** Of one invocation. What does not fit goes into another one. */
const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;
const ENVELOPE_BYTES = 1_024;

interface Received {
  readonly id: string;
  readonly receiptHandle: string;
  readonly message: Message;
}

export function startQueueSource(options: QueueSourceOptions): EventSource {
  const stopping = new AbortController();
  const source = new QueueSource(options, stopping.signal);
  const ended = source.run();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

class QueueSource {
  private readonly options: QueueSourceOptions;
  private readonly signal: AbortSignal;
  private readonly running = new Set<Promise<void>>();
  private failing = false;

  constructor(options: QueueSourceOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
  }

  async run(): Promise<void> {
    while (!this.signal.aborted) {
      while (this.running.size >= this.options.concurrencyMax) await Promise.race(this.running);
      for (const batch of inPayloads(await this.collect())) {
        while (this.running.size >= this.options.concurrencyMax) await Promise.race(this.running);
        const handled = this.handle(batch).finally(() => this.running.delete(handled));
        this.running.add(handled);
      }
    }
    await Promise.all(this.running);
  }

  private async collect(): Promise<Received[]> {
    const { batchSize, windowMs } = this.options.mapping;
    const batch: Received[] = [];
    let deadline = Infinity;
    while (!this.signal.aborted) {
      const wanted = Math.min(RECEIVE_MESSAGES_MAX, batchSize - batch.length);
      const received = await this.receive(wanted, batch.length === 0 ? LONG_POLL_SECONDS : 0);
      if (batch.length === 0 && received.length > 0) deadline = performance.now() + windowMs;
      batch.push(...received);
      if (batch.length === 0) continue;
      const leftMs = deadline - performance.now();
      if (batch.length >= batchSize || leftMs <= 0) break;
      // Not a long poll: SQS counts those in whole seconds, and one that is cut off may swallow messages.
      if (received.length < wanted) await pause(Math.min(leftMs, WINDOW_POLL_MS), this.signal);
    }
    return batch;
  }

  private async receive(count: number, waitSeconds: number): Promise<Received[]> {
    try {
      const { Messages = [] } = await this.options.client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.options.queueUrl,
          MaxNumberOfMessages: count,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
        { abortSignal: this.signal },
      );
      this.failing = false;
      return Messages.flatMap((message) =>
        message.MessageId === undefined || message.ReceiptHandle === undefined
          ? []
          : [{ id: message.MessageId, receiptHandle: message.ReceiptHandle, message }],
      );
    } catch (error) {
      await this.waitAfter('receive messages from', error);
      return [];
    }
  }

  private async handle(batch: readonly Received[]): Promise<void> {
    const { pool, queueArn } = this.options;
    const records = batch.map((received) => toRecord(received, queueArn));
    let outcome: Outcome;
    try {
      outcome = await pool.invoke({ Records: records });
    } catch {
      // Throttled. As on AWS, the messages come back when their visibility timeout is over.
      return;
    }
    const handled = this.handledOf(outcome, batch);
    for (let start = 0; start < handled.length; start += RECEIVE_MESSAGES_MAX) {
      await this.remove(handled.slice(start, start + RECEIVE_MESSAGES_MAX));
    }
  }

  private handledOf(outcome: Outcome, batch: readonly Received[]): readonly Received[] {
    const { mapping, functionName, log } = this.options;
    if (!outcome.ok) {
      const { errorType, errorMessage } = outcome.error;
      if (errorType !== 'Runtime.Stopping') {
        const text = `${functionName} failed on ${batch.length} messages (${errorType}: ${errorMessage}); they come back after their visibility timeout.`;
        log({ source: 'runtime', level: 'warn', text });
      }
      return [];
    }
    if (!mapping.partialResponses) return batch;
    const verdict = batchVerdictOf(
      outcome.payload,
      batch.map(({ id }) => id),
    );
    if (verdict.failed === 'all') {
      const text = `${functionName} answered ${batch.length} messages with something that is no partial batch response, so all of them count as failed.`;
      log({ source: 'runtime', level: 'warn', text });
      return [];
    }
    if (verdict.failed === 'none') {
      if (!verdict.answered) {
        const text = `${functionName} answered ${batch.length} messages without batchItemFailures: AWS takes that for success, and so they are deleted.`;
        log({ source: 'runtime', level: 'warn', text });
      }
      return batch;
    }
    const { failed } = verdict;
    return batch.filter(({ id }) => !failed.has(id));
  }

  private async remove(handled: readonly Received[]): Promise<void> {
    const Entries = handled.map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
    }));
    try {
      await this.options.client.send(
        new DeleteMessageBatchCommand({ QueueUrl: this.options.queueUrl, Entries }),
      );
    } catch (error) {
      // They come again, which whoever reads a queue must be able to bear.
      await this.waitAfter('delete messages from', error);
    }
  }

  private async waitAfter(what: string, error: unknown): Promise<void> {
    if (this.signal.aborted) return;
    const { log, mapping } = this.options;
    if (!this.failing) {
      const reason = reasonOf(error);
      log({
        source: 'runtime',
        level: 'debug',
        text: `Cannot ${what} ${mapping.queueId} for now: ${reason}`,
      });
    }
    this.failing = true;
    await pause(ERROR_PAUSE_MS, this.signal);
  }
}

function inPayloads(batch: readonly Received[]): Received[][] {
  const payloads: Received[][] = [];
  let bytes = Infinity;
  for (const received of batch) {
    const size = Buffer.byteLength(received.message.Body ?? '') + ENVELOPE_BYTES;
    bytes += size;
    if (bytes > PAYLOAD_BYTES_MAX) {
      payloads.push([]);
      bytes = size;
    }
    payloads.at(-1)?.push(received);
  }
  return payloads;
}

/** The record of Lambda's SQS event. */
function toRecord(
  { id, receiptHandle, message }: Received,
  queueArn: string,
): Readonly<Record<string, unknown>> {
  return {
    messageId: id,
    receiptHandle,
    body: message.Body ?? '',
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]) => [
        name,
        {
          ...(attribute.StringValue === undefined ? {} : { stringValue: attribute.StringValue }),
          ...(attribute.BinaryValue === undefined
            ? {}
            : { binaryValue: Buffer.from(attribute.BinaryValue).toString('base64') }),
          stringListValues: [],
          binaryListValues: [],
          dataType: attribute.DataType,
        },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: REGION,
  };
}
