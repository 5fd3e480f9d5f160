import { Analytics, type Context } from '@segment/analytics-node';
import * as z from 'zod';
import { DemoError } from './demo-error.ts';
import type { Call } from './saas-day.ts';

// Sends the calls as the company's backend would, through the real Segment SDK with its own batches, then the copies that
// a Segment webhook would deliver of some of them.

export interface Target {
  readonly url: string;
  readonly ingestKey: string;
}

export interface Sent {
  /** Calls that the SDK delivered, repeats included. */
  readonly calls: number;
  /** Events that were sent once more through the webhook, and answered as duplicates. */
  readonly webhookDuplicates: number;
}

/** The SDK sends every full batch at once, however many are under way; forty requests at a time are plenty. */
const OPEN_CALLS_MAX = 600;
const REPEAT_AFTER_CALLS = 25;
const WEBHOOK_BATCH = 50;
/** With requests under way closeAndFlush leaves the last, incomplete batch to this timer (analytics-node 3.1), which is 10 s. */
const FLUSH_INTERVAL_MS = 500;
const FLUSH_TIMEOUT_MS = 10 * 60_000;

const webhookAnswerSchema = z.object({ results: z.array(z.object({ duplicate: z.boolean().optional() })) });

export function callsWithRepeats(calls: readonly Call[]): Call[] {
  const all: Call[] = [];
  let due: Call[] = [];
  for (const [index, call] of calls.entries()) {
    all.push(call);
    if (call.again === 'sdk') due.push(call);
    if ((index + 1) % REPEAT_AFTER_CALLS === 0) {
      all.push(...due);
      due = [];
    }
  }
  return [...all, ...due];
}

export async function sendDay(
  target: Target,
  calls: readonly Call[],
  onProgress: (delivered: number) => void,
): Promise<Sent> {
  const forWebhook = new Set(
    calls.filter(({ again }) => again === 'webhook').map(({ messageId }) => messageId),
  );
  const copies: string[] = [];
  const analytics = new Analytics({
    writeKey: target.ingestKey,
    host: target.url,
    flushInterval: FLUSH_INTERVAL_MS,
  });
  let delivered = 0;
  let open = 0;
  let failure: unknown;
  let wake = (): void => {};
  const settled = (): void => {
    open -= 1;
    wake();
  };
  const onDelivered = ({ event }: Context): void => {
    delivered += 1;
    // As it went over the wire, so that the copy says the same to the letter.
    if (event.messageId !== undefined && forWebhook.has(event.messageId)) copies.push(JSON.stringify(event));
    onProgress(delivered);
    settled();
  };
  for (const type of ['identify', 'track', 'page'] as const) analytics.on(type, onDelivered);
  analytics.on('error', ({ reason }) => {
    failure ??= reason;
    settled();
  });

  const all = callsWithRepeats(calls);
  for (const call of all) {
    while (open >= OPEN_CALLS_MAX) await new Promise<void>((resolve) => (wake = resolve));
    if (failure !== undefined) break;
    open += 1;
    make(analytics, call);
  }
  await analytics.closeAndFlush({ timeout: FLUSH_TIMEOUT_MS });
  if (failure !== undefined || delivered < all.length) {
    const reason = failure instanceof Error ? failure.message : 'no answer in time';
    throw new DemoError(
      `The Segment SDK gave up on some events (${reason}) after ${String(delivered)} of ${String(all.length)}: look at the pipeline's console, then run the demo again; what has arrived will not be counted twice.`,
    );
  }
  return { calls: delivered, webhookDuplicates: await sendByWebhook(target, copies) };
}

function make(analytics: Analytics, call: Call): void {
  const { messageId } = call;
  const timestamp = new Date(call.at);
  switch (call.type) {
    case 'identify':
      analytics.identify({ messageId, timestamp, userId: call.userId, traits: call.traits });
      break;
    case 'track':
      analytics.track({ messageId, timestamp, ...call.who, event: call.event, properties: call.properties });
      break;
    case 'page':
      analytics.page({ messageId, timestamp, userId: call.userId, name: call.name });
  }
}

async function sendByWebhook({ url, ingestKey }: Target, copies: readonly string[]): Promise<number> {
  let duplicates = 0;
  for (let start = 0; start < copies.length; start += WEBHOOK_BATCH) {
    const response = await fetch(`${url}/segment`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${ingestKey}:`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: `[${copies.slice(start, start + WEBHOOK_BATCH).join(',')}]`,
    });
    if (!response.ok) {
      throw new DemoError(
        `The webhook answered ${String(response.status)} (${(await response.text()).slice(0, 200)}): look at the pipeline's console, then run the demo again.`,
      );
    }
    const { results } = webhookAnswerSchema.parse(await response.json());
    duplicates += results.filter(({ duplicate }) => duplicate === true).length;
  }
  return duplicates;
}
