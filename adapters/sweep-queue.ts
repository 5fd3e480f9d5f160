import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { parseJson } from '../core/json-value.ts';
import { sendAll } from './send-all.ts';

// The reprocess queue: one message is one task of a job, a shard of a group to be swept or a segment of the Events table to
// be scanned, from wherever the task's cursor stands; or it says that a reconciliation may need somebody to go on with it.

const sweepSchema = z.object({
  v: z.literal(1),
  job: z.string(),
  in: z.string(),
  generation: z.number(),
});
const scanSchema = z.object({
  v: z.literal(1),
  job: z.string(),
  segment: z.number(),
  generation: z.number(),
});

const reconcileSchema = z.object({ v: z.literal(1), reconciliation: z.string() });

export interface SweepMessage {
  readonly jobId: string;
  readonly unmappedIn: string;
  readonly generation: number;
}

export interface ScanMessage {
  readonly jobId: string;
  readonly segment: number;
  /** Of the change of the past that the scan is for. */
  readonly generation: number;
}

export interface ReconcileMessage {
  readonly reconciliationId: string;
}

export type ReprocessMessage = SweepMessage | ScanMessage | ReconcileMessage;

// SQS refuses control characters; JSON.stringify escapes them, and keys are plain text anyway.
function toBody(message: ReprocessMessage): string {
  if ('reconciliationId' in message)
    return JSON.stringify({ v: 1, reconciliation: message.reconciliationId });
  const { jobId: job, generation } = message;
  return JSON.stringify(
    'segment' in message
      ? { v: 1, job, segment: message.segment, generation }
      : { v: 1, job, in: message.unmappedIn, generation },
  );
}

/** Undefined for what is not one of ours. */
export function parseReprocessMessage(body: string): ReprocessMessage | undefined {
  const json = parseJson(body);
  if (!json.ok) return undefined;
  const sweep = z.safeParse(sweepSchema, json.value);
  if (sweep.success) {
    const { job, in: unmappedIn, generation } = sweep.data;
    return { jobId: job, unmappedIn, generation };
  }
  const scan = z.safeParse(scanSchema, json.value);
  if (scan.success)
    return { jobId: scan.data.job, segment: scan.data.segment, generation: scan.data.generation };
  const reconcile = z.safeParse(reconcileSchema, json.value);
  return reconcile.success ? { reconciliationId: reconcile.data.reconciliation } : undefined;
}

export class SweepQueue {
  private readonly sqs: SQSClient;
  private readonly url: string;

  constructor(sqs: SQSClient, url: string) {
    this.sqs = sqs;
    this.url = url;
  }

  /** Throws when a message was not taken: the caller's trigger is then delivered again, or its request answered with 503. */
  async send(messages: readonly ReprocessMessage[]): Promise<void> {
    await sendAll(this.sqs, this.url, messages.map(toBody));
  }
}
