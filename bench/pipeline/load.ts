import { mapAtMost } from '../../adapters/map-at-most.ts';
import { Connections } from './connections.ts';

// A load on the pipeline: track events of many users, of the size and shape that a SaaS product sends.

export interface Target {
  readonly url: string;
  readonly ingestKey: string;
}

export interface LoadResult {
  readonly events: number;
  readonly failures: number;
  /** Milliseconds from sending a request to its answer. */
  readonly latencies: readonly number[];
}

const ARRAYS_AT_ONCE = 3;
const SINGLES_AT_ONCE = 64;
export const USERS = 5_000;
/** Of one user; in an array of 100 there are twenty users. */
export const EVENTS_IN_A_ROW = 5;

/** Event number `n` of a run; the same for every sender that is compared. */
export function trackEvent(run: string, n: number, timestamp: string) {
  const user = Math.floor(n / EVENTS_IN_A_ROW) % USERS;
  return {
    type: 'track',
    event: 'Message Sent',
    userId: `user-${String(user)}`,
    messageId: `${run}-${String(n)}`,
    timestamp,
    properties: {
      featureId: 'messages',
      delta: 1 + (n % 3),
      plan: n % 4 === 0 ? 'pro' : 'team',
      workspace: `acme-${String(user % 200)}`,
      channel: 'general',
      attachments: [{ kind: 'image', bytes: (n * 7919) % 100_000 }],
    },
    context: {
      ip: '203.0.113.7',
      locale: 'en-GB',
      library: { name: '@segment/analytics-node', version: '3.1.0' },
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    },
  };
}

/** Sends events until `until`, in requests of `perRequest` events, `connections` at a time. */
export async function sendLoad(
  target: Target,
  options: {
    readonly run: string;
    readonly until: number;
    readonly perRequest: number;
    readonly connections: number;
  },
): Promise<LoadResult> {
  const connections = connectionsTo(target, options.connections);
  const latencies: number[] = [];
  let next = 0;
  let events = 0;
  let failures = 0;
  const timestamp = new Date().toISOString();
  const sender = async (): Promise<void> => {
    while (Date.now() < options.until) {
      const first = next;
      next += options.perRequest;
      const batch = Array.from({ length: options.perRequest }, (_, index) =>
        trackEvent(options.run, first + index, timestamp),
      );
      const began = performance.now();
      const status = await connections.post(JSON.stringify(options.perRequest === 1 ? batch[0] : batch));
      latencies.push(performance.now() - began);
      if (status === 200) events += options.perRequest;
      else failures += 1;
    }
  };
  await Promise.all(Array.from({ length: options.connections }, sender));
  connections.close();
  return { events, failures, latencies };
}

/** Sends exactly these events, in arrays of 100. Throws where one of them is not taken. */
export async function sendEvents(
  target: Target,
  count: number,
  eventOf: (n: number) => object,
): Promise<void> {
  const connections = connectionsTo(target, ARRAYS_AT_ONCE);
  const starts = Array.from({ length: Math.ceil(count / 100) }, (_, n) => n * 100);
  await mapAtMost(ARRAYS_AT_ONCE, starts, async (start) => {
    const events = Array.from({ length: Math.min(100, count - start) }, (_, n) => eventOf(start + n));
    const status = await connections.post(JSON.stringify(events));
    if (status !== 200) throw new Error(`Events were answered with ${String(status)}.`);
  });
  connections.close();
}

function connectionsTo({ url, ingestKey }: Target, connectionsMax: number): Connections {
  return new Connections(
    { url, path: '/segment', headers: { authorization: `Bearer ${ingestKey}` } },
    connectionsMax,
  );
}

export interface EventSender {
  /** Throws where the event is not taken. */
  send(event: object): Promise<void>;
  close(): void;
}

/** Sends single events, however many at once, over fewer connections than ingest answers at once: the others wait here. */
export function eventSender(target: Target): EventSender {
  const connections = connectionsTo(target, SINGLES_AT_ONCE);
  return {
    async send(event) {
      const status = await connections.post(JSON.stringify(event));
      if (status !== 200) throw new Error(`An event was answered with ${String(status)}.`);
    },
    close() {
      connections.close();
    },
  };
}
