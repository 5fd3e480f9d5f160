import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { parseJson } from '../core/json-value.ts';

// Erasures on the reprocess queue: a message is the id of one, which is a hash. It says "look": the erasure itself knows
// how far it is, so a message may be lost or come twice.

const messageSchema = z.object({ v: z.literal(1), erasure: z.string() });
const MESSAGES_PER_SEND_MAX = 10;

/** The id of the erasure; undefined for every other message. */
export function parseErasureMessage(body: string): string | undefined {
  const json = parseJson(body);
  const message = json.ok ? z.safeParse(messageSchema, json.value) : undefined;
  return message?.success === true ? message.data.erasure : undefined;
}

export class ErasureQueue {
  private readonly sqs: SQSClient;
  private readonly url: string;

  constructor(sqs: SQSClient, url: string) {
    this.sqs = sqs;
    this.url = url;
  }

  /** Throws when a message was not taken: the timer sends it later. */
  async send(erasureIds: readonly string[]): Promise<void> {
    for (let start = 0; start < erasureIds.length; start += MESSAGES_PER_SEND_MAX) {
      const ids = erasureIds.slice(start, start + MESSAGES_PER_SEND_MAX);
      const answer = await this.sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: this.url,
          Entries: ids.map((erasure, index) => ({
            Id: String(index),
            MessageBody: JSON.stringify({ v: 1, erasure }),
          })),
        }),
      );
      if ((answer.Failed ?? []).length > 0) throw new Error('SQS did not take every erasure.');
    }
  }
}
