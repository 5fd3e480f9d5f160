import { randomUUID } from 'node:crypto';
import type { NewEvent } from '../../adapters/event-item.ts';
import type { EventQueue } from '../../adapters/event-queue.ts';
import type { EventStore, PutResult } from '../../adapters/event-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import type { RetryMarkers } from '../../adapters/retry-markers.ts';
import type { RequestItem } from '../../core/request-items.ts';
import type { Dialect } from '../../core/segment-event.ts';

// The first step of exactly-once: every accepted event is stored under its messageId, then queued. The order matters:
// stored and not queued is found by the sender's retry (the duplicate is still `received`, so it is queued again); queued
// and not stored would be a message about nothing.

export interface AcceptDependencies {
  readonly events: EventStore;
  readonly queue: EventQueue;
  readonly retryMarkers: RetryMarkers;
}

/** Writes in flight at once for one request. */
const PUTS_AT_ONCE = 48;

/** The answer for one item, in the words of the interface. */
export interface ItemResult {
  readonly messageId?: string;
  readonly status: 200 | 400 | 501;
  readonly effect?: 'stored';
  readonly code?: string;
  readonly message?: string;
  readonly duplicate?: boolean;
}

export type Accepted =
  | { readonly ok: true; readonly results: readonly ItemResult[] }
  /** Not every event could be made durable: nothing of the request may be acknowledged, and all of it may be sent again. */
  | { readonly ok: false };

type Pending = { readonly index: number; readonly event: NewEvent };

export async function acceptEvents(
  deps: AcceptDependencies,
  items: readonly RequestItem[],
  source: { readonly dialect: Dialect; readonly apiKeyId: string; readonly receivedAt: number },
): Promise<Accepted> {
  const results = new Map<number, ItemResult>();
  const pending = new Map<string, Pending>();
  for (const [index, item] of items.entries()) {
    if (!item.ok) {
      const { status, code, message } = item.rejection;
      results.set(index, {
        ...(item.messageId !== undefined && { messageId: item.messageId }),
        status,
        code,
        message,
      });
      continue;
    }
    const messageId = item.event.messageId ?? randomUUID();
    const key = eventKeyOf(messageId);
    if (pending.has(key)) {
      results.set(index, { messageId, status: 200, effect: 'stored', duplicate: true, message: REPEATED });
      continue;
    }
    const { type, userId, name } = item.event;
    const event: NewEvent = {
      key,
      messageId,
      type,
      userId,
      ...(name !== undefined && { name }),
      time: item.at.time,
      ...(item.at.note !== undefined && { timeNote: item.at.note }),
      ...source,
      text: item.text,
    };
    pending.set(key, { index, event });
  }

  const stored = await mapAtMost(PUTS_AT_ONCE, [...pending.values()], async ({ index, event }) => {
    const put = await deps.events.put(event).catch(() => undefined);
    if (put !== undefined) results.set(index, resultOf(event.messageId, put));
    return { key: event.key, put };
  });
  // Also when a put failed: what is stored gets going, and the retry finds it done.
  const toQueue = stored
    .filter(({ put }) => put?.kind === 'stored' || put?.state === 'received')
    .map(({ key }) => key);
  const unsent = await deps.queue.send(toQueue);
  if (unsent.length > 0) {
    const marked = await deps.retryMarkers.write(unsent).then(
      () => true,
      () => false,
    );
    if (!marked) return { ok: false };
  }
  if (stored.some(({ put }) => put === undefined)) return { ok: false };
  return { ok: true, results: items.map((_, index) => results.get(index) ?? { status: 400 }) };
}

const REPEATED = 'This messageId appears twice in the request; it counts once.';
const KNOWN = 'This messageId is already known; it counts once.';
const CONFLICT =
  'This messageId is already known with another body. The first is kept, and the difference is noted.';

function resultOf(messageId: string, put: PutResult): ItemResult {
  if (put.kind === 'stored') return { messageId, status: 200, effect: 'stored' };
  return {
    messageId,
    status: 200,
    effect: 'stored',
    duplicate: true,
    message: put.conflict ? CONFLICT : KNOWN,
  };
}
