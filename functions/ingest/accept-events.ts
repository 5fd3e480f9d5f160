import { randomUUID } from 'node:crypto';
import type { ErasureStore } from '../../adapters/erasure-store.ts';
import type { NewEvent } from '../../adapters/event-item.ts';
import type { EventQueue } from '../../adapters/event-queue.ts';
import type { EventStore, PutResult } from '../../adapters/event-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import type { RequestFeed } from '../../adapters/request-feed.ts';
import type { RetryMarkers } from '../../adapters/retry-markers.ts';
import { erasureBoundary } from '../../core/erasure.ts';
import type { RequestItem } from '../../core/request-items.ts';
import type { Dialect, EventType } from '../../core/segment-event.ts';

// The first step of exactly-once: every accepted event is stored under its messageId, then queued. The order matters:
// stored and not queued is found by the sender's retry (the duplicate is still `received`, so it is queued again); queued
// and not stored would be a message about nothing.

export interface AcceptDependencies {
  readonly events: Pick<EventStore, 'putAll'>;
  readonly queue: Pick<EventQueue, 'send'>;
  readonly retryMarkers: Pick<RetryMarkers, 'write'>;
  readonly feed: Pick<RequestFeed, 'note'>;
  readonly erasures: Pick<ErasureStore, 'request'>;
}

/** The answer for one item, in the words of the interface. */
export interface ItemResult {
  /** Left out where it is very long: the results of 4,000 events must fit Lambda's 6 MB. */
  readonly messageId?: string;
  readonly status: 200 | 400 | 501;
  readonly type?: EventType | 'delete';
  /** `erasure`: the user will be erased. */
  readonly effect?: 'stored' | 'erasure';
  readonly erasureId?: string;
  readonly code?: string;
  readonly message?: string;
  readonly duplicate?: boolean;
}

export type Accepted =
  | { readonly ok: true; readonly results: readonly ItemResult[] }
  /**
   * Not every event could be made durable: nothing of the request may be acknowledged, and all of it may be sent again.
   * `reason` is for the log.
   */
  | { readonly ok: false; readonly reason: string };

type Pending = { readonly index: number; readonly event: NewEvent };

type Deletion = { readonly index: number; readonly userId: string; readonly boundary: number };

/** Segment tells of up to 5,000 deletions in a burst. */
const DELETIONS_AT_ONCE = 48;
const ECHOED_ID_LENGTH_MAX = 256;
const echo = (messageId: string | undefined): { messageId?: string } =>
  messageId === undefined || messageId.length > ECHOED_ID_LENGTH_MAX ? {} : { messageId };

export async function acceptEvents(
  deps: AcceptDependencies,
  items: readonly RequestItem[],
  source: { readonly dialect: Dialect; readonly apiKeyId: string; readonly receivedAt: number },
): Promise<Accepted> {
  const results = new Map<number, ItemResult>();
  const pending = new Map<string, Pending>();
  const deletions: Deletion[] = [];
  for (const [index, item] of items.entries()) {
    if (!item.ok) {
      const { status, code, message } = item.rejection;
      results.set(index, { ...echo(item.messageId), status, code, message });
      continue;
    }
    if (item.deletion !== undefined) {
      const boundary = erasureBoundary(item.at.time, source.receivedAt);
      deletions.push({ index, userId: item.deletion.userId, boundary });
      continue;
    }
    const messageId = item.event.messageId ?? randomUUID();
    const key = eventKeyOf(messageId);
    const { type, userId, name } = item.event;
    if (pending.has(key)) {
      results.set(index, resultOf(messageId, type, REPEATED));
      continue;
    }
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

  const failures: string[] = [];
  const events = [...pending.values()].map(({ event }) => event);
  const puts = await deps.events.putAll(events, (error) => failures.push(nameOf(error)));
  await mapAtMost(DELETIONS_AT_ONCE, deletions, async ({ index, ...deletion }) => {
    try {
      const erasureId = await deps.erasures.request({ ...deletion, requestedAt: source.receivedAt });
      results.set(index, { status: 200, type: 'delete', effect: 'erasure', erasureId });
    } catch (error) {
      failures.push(`deletion: ${nameOf(error)}`);
    }
  });
  const newKeys: string[] = [];
  const toQueue: string[] = [];
  for (const [at, { index, event }] of [...pending.values()].entries()) {
    const put = puts[at];
    if (put === undefined) continue;
    if (put.kind === 'stored') newKeys.push(event.key);
    if (put.kind === 'stored' || put.state === 'received') toQueue.push(event.key);
    results.set(index, resultOf(event.messageId, event.type, duplicateMessage(put)));
  }
  // Also when a put failed: what is stored gets going, and the retry finds it done.
  const { dialect, apiKeyId } = source;
  const [unsent] = await Promise.all([
    deps.queue.send(toQueue),
    deps.feed.note(
      { dialect, apiKeyId },
      {
        accepted: newKeys,
        duplicates: [...results.values()].filter(({ duplicate }) => duplicate === true).length,
        rejections: items.flatMap((item) => (item.ok ? [] : [traceOf(item)])),
      },
    ),
  ]);
  if (unsent.length > 0) {
    await deps.retryMarkers.write(unsent).catch((error: unknown) => {
      failures.push(`retry marker: ${nameOf(error)}`);
    });
  }
  const [reason] = failures;
  if (reason !== undefined) return { ok: false, reason };
  return { ok: true, results: items.map((_, index) => results.get(index) ?? { status: 400 }) };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

function traceOf({ rejection: { code, message }, messageId }: Extract<RequestItem, { ok: false }>) {
  return { code, message, ...(messageId !== undefined && { eventKey: eventKeyOf(messageId) }) };
}

const REPEATED = 'This messageId appears twice in the request; it counts once.';
const KNOWN = 'This messageId is already known; it counts once.';
const CONFLICT =
  'This messageId is already known with another body. The first is kept, and the difference is noted.';

function duplicateMessage(put: PutResult): string | undefined {
  if (put.kind === 'stored') return undefined;
  return put.conflict ? CONFLICT : KNOWN;
}

function resultOf(messageId: string, type: EventType, duplicate: string | undefined): ItemResult {
  return {
    ...echo(messageId),
    status: 200,
    type,
    effect: 'stored',
    ...(duplicate !== undefined && { duplicate: true, message: duplicate }),
  };
}
