import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { MESSAGES_PER_SEND_MAX } from './send-all.ts';

// The events queue carries keys of stored events, nothing else. A message is "there is work": losing or doubling its
// meaning is impossible, because the Events table says what is still to do.

/** Also bounds what one failed message repeats, and what one invocation of process can be asked to do. */
export const EVENTS_PER_MESSAGE_MAX = 100;

const messageSchema = z.object({ v: z.literal(1), k: z.array(z.string().check(z.regex(/^[\w-]{22}$/))) });

export function toQueueMessage(eventKeys: readonly string[]): string {
  return JSON.stringify({ v: 1, k: eventKeys });
}

/** The keys a message carries; undefined when it is not one of ours (and can never be handled). */
export function parseQueueMessage(body: string): readonly string[] | undefined {
  try {
    return z.parse(messageSchema, JSON.parse(body)).k;
  } catch {
    return undefined;
  }
}

export class EventQueue {
  private readonly sqs: SQSClient;
  private readonly url: string;

  constructor(sqs: SQSClient, url: string) {
    this.sqs = sqs;
    this.url = url;
  }

  /** Returns the keys that SQS did not take. Never throws for what SQS answers: the caller decides what to do with them. */
  async send(eventKeys: readonly string[]): Promise<readonly string[]> {
    const messages: (readonly string[])[] = [];
    for (let start = 0; start < eventKeys.length; start += EVENTS_PER_MESSAGE_MAX) {
      messages.push(eventKeys.slice(start, start + EVENTS_PER_MESSAGE_MAX));
    }
    const [only] = messages;
    if (only === undefined) return [];
    if (messages.length === 1) return await this.sendOne(only);
    const batches: (readonly (readonly string[])[])[] = [];
    for (let start = 0; start < messages.length; start += MESSAGES_PER_SEND_MAX) {
      batches.push(messages.slice(start, start + MESSAGES_PER_SEND_MAX));
    }
    return (await Promise.all(batches.map((batch) => this.sendBatch(batch)))).flat();
  }

  private async sendOne(eventKeys: readonly string[]): Promise<readonly string[]> {
    try {
      await this.sqs.send(
        new SendMessageCommand({ QueueUrl: this.url, MessageBody: toQueueMessage(eventKeys) }),
      );
      return [];
    } catch {
      return eventKeys;
    }
  }

  private async sendBatch(messages: readonly (readonly string[])[]): Promise<readonly string[]> {
    try {
      const answer = await this.sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: this.url,
          Entries: messages.map((keys, index) => ({ Id: String(index), MessageBody: toQueueMessage(keys) })),
        }),
      );
      return (answer.Failed ?? []).flatMap((failure) => messages[Number(failure.Id)] ?? []);
    } catch {
      return messages.flat();
    }
  }
}
