import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';

// The reprocess queue: one message is one shard of a group to be swept, from wherever its task's cursor stands.

const messageSchema = z.object({
  v: z.literal(1),
  job: z.string(),
  in: z.string(),
  generation: z.number(),
});

export interface SweepMessage {
  readonly jobId: string;
  readonly unmappedIn: string;
  readonly generation: number;
}

const MESSAGES_PER_SEND_MAX = 10;

// SQS refuses control characters; JSON.stringify escapes them, and keys are plain text anyway.
const toBody = ({ jobId, unmappedIn, generation }: SweepMessage): string =>
  JSON.stringify({ v: 1, job: jobId, in: unmappedIn, generation });

/** Undefined for what is not one of ours. */
export function parseSweepMessage(body: string): SweepMessage | undefined {
  try {
    const message = z.parse(messageSchema, JSON.parse(body));
    return { jobId: message.job, unmappedIn: message.in, generation: message.generation };
  } catch {
    return undefined;
  }
}

export class SweepQueue {
  private readonly sqs: SQSClient;
  private readonly url: string;

  constructor(sqs: SQSClient, url: string) {
    this.sqs = sqs;
    this.url = url;
  }

  /** Throws when a message was not taken: the caller's trigger is then delivered again. */
  async send(messages: readonly SweepMessage[]): Promise<void> {
    for (let start = 0; start < messages.length; start += MESSAGES_PER_SEND_MAX) {
      const batch = messages.slice(start, start + MESSAGES_PER_SEND_MAX);
      const answer = await this.sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: this.url,
          Entries: batch.map((message, index) => ({ Id: String(index), MessageBody: toBody(message) })),
        }),
      );
      if ((answer.Failed ?? []).length > 0) throw new Error('SQS did not take every sweep.');
    }
  }
}
