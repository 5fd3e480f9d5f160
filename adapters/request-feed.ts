import type { FeedEntry, FeedRejection, FeedStore } from './feed-store.ts';

// One container's side of the live feed. The first requests after a pause are written at once, each as an entry of its
// own, because that is when a person is watching. After that an entry is written at most every 1.5 seconds and tells of
// all requests since the one before it. There is no timer: Lambda freezes a container between requests, so what is held
// back is written by the next request, and a request writes before it is answered.

/** With a write unit an entry, more than 3.3 requests a second cost at most 0.2 units each. */
const INTERVAL_MS = 1_500;
/** Entries that may follow each other at once. */
const BURST = 5;
/** Fifty events a second: about a screen. More are counted, not listed. */
const EVENT_KEYS_MAX = 75;
/** Bounds what is held while the feed cannot be written. Codes and messages are few, keys of callers are few. */
const REJECTIONS_MAX = 20;
const SOURCES_MAX = 20;
/** Of refused messages, for each reason: an entry stays within a write unit. */
const REJECTED_KEYS_MAX = 8;

export type FeedSource = Pick<FeedEntry, 'dialect' | 'apiKeyId'>;

/** What became of one request. */
export interface RequestTrace {
  /** Keys of the events that were stored for the first time. */
  readonly accepted?: readonly string[];
  readonly duplicates?: number;
  readonly rejections?: readonly {
    readonly code: string;
    readonly message: string;
    /** Of the message that was refused, where it has a messageId. */
    readonly eventKey?: string;
  }[];
}

interface Held extends FeedEntry {
  readonly source: string;
}

export class RequestFeed {
  private readonly store: FeedStore;
  private readonly now: () => number;
  private readonly held = new Map<string, Held>();
  private allowance = BURST;
  private allowanceAt: number;

  constructor(store: FeedStore, now: () => number) {
    this.store = store;
    this.now = now;
    this.allowanceAt = now();
  }

  /**
   * Notes a request. Resolves when its entry is written or held back. Never rejects, since no answer depends on the feed.
   */
  async note(source: FeedSource, trace: RequestTrace): Promise<void> {
    const now = this.now();
    const { accepted = [], duplicates = 0, rejections = [] } = trace;
    this.hold({
      source: `${source.dialect} ${source.apiKeyId ?? ''}`,
      from: now,
      at: now,
      ...source,
      requests: 1,
      accepted: accepted.length,
      duplicates,
      eventKeys: accepted.slice(0, EVENT_KEYS_MAX),
      rejections: rejections.map(({ code, message, eventKey }) => ({
        code,
        message,
        count: 1,
        ...(eventKey !== undefined && { keys: [eventKey] }),
      })),
    });
    this.allowance = Math.min(BURST, this.allowance + Math.max(0, now - this.allowanceAt) / INTERVAL_MS);
    this.allowanceAt = now;
    if (this.allowance < 1) return;
    const entries = [...this.held.values()];
    this.held.clear();
    // Several senders in one moment are several entries; the debt makes the next wait longer.
    this.allowance -= entries.length;
    await Promise.all(
      entries.map(({ source: _, ...entry }) =>
        this.store.add(entry).catch(() => {
          this.hold({ ...entry, source: _ });
        }),
      ),
    );
  }

  private hold(entry: Held): void {
    const before = this.held.get(entry.source);
    if (before === undefined && this.held.size >= SOURCES_MAX) return;
    this.held.set(
      entry.source,
      before === undefined ? { ...entry, rejections: merge([], entry) } : add(before, entry),
    );
  }
}

function add(before: Held, entry: Held): Held {
  return {
    ...entry,
    from: Math.min(before.from, entry.from),
    at: Math.max(before.at, entry.at),
    requests: before.requests + entry.requests,
    accepted: before.accepted + entry.accepted,
    duplicates: before.duplicates + entry.duplicates,
    eventKeys: [...before.eventKeys, ...entry.eventKeys].slice(0, EVENT_KEYS_MAX),
    rejections: merge(before.rejections, entry),
  };
}

function merge(before: readonly FeedRejection[], { rejections }: FeedEntry): FeedRejection[] {
  const merged = new Map(before.map((rejection) => [`${rejection.code} ${rejection.message}`, rejection]));
  for (const rejection of rejections) {
    const key = `${rejection.code} ${rejection.message}`;
    const known = merged.get(key);
    if (known === undefined && merged.size >= REJECTIONS_MAX) continue;
    // The latest keys: who asks, asks about what was sent just now.
    const keys = [...(known?.keys ?? []), ...(rejection.keys ?? [])].slice(-REJECTED_KEYS_MAX);
    merged.set(key, {
      ...rejection,
      count: (known?.count ?? 0) + rejection.count,
      ...(keys.length > 0 && { keys }),
    });
  }
  return [...merged.values()];
}
