import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { parseJson } from '../core/json-value.ts';
import { sendAll } from './send-all.ts';

// Erasures on the reprocess queue: a message is the id of one, which is a hash. It says "look": the erasure itself knows
// how far it is, so a message may be lost or come twice.

const messageSchema = z.object({ v: z.literal(1), erasure: z.string() });

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
    const bodies = erasureIds.map((erasure) => JSON.stringify({ v: 1, erasure }));
    await sendAll(this.sqs, this.url, bodies);
  }
}
