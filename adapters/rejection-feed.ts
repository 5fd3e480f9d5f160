import type { FeedEntry, FeedRejection, FeedStore } from './feed-store.ts';

// A sender that is set up wrongly sends thousands of events a second that are all refused. The feed needs to say so, not
// to repeat it: a container writes at most one entry a second and adds up what it held back into the next one.

const INTERVAL_MS = 1_000;
const KINDS_MAX = 50;

export class RejectionFeed {
  private readonly store: FeedStore;
  private readonly now: () => number;
  private nextAt = 0;
  private readonly held = new Map<string, FeedRejection>();

  constructor(store: FeedStore, now: () => number) {
    this.store = store;
    this.now = now;
  }

  /**
   * Notes what was refused. Resolves when the entry is written or held back; a feed that cannot be written never fails a
   * request, since no answer depends on it.
   */
  async note(
    source: Pick<FeedEntry, 'dialect' | 'apiKeyId'>,
    rejections: readonly { readonly code: string; readonly message: string }[],
  ): Promise<void> {
    for (const { code, message } of rejections) {
      const key = `${code} ${message}`;
      const known = this.held.get(key);
      if (known !== undefined || this.held.size < KINDS_MAX) {
        this.held.set(key, { code, message, count: (known?.count ?? 0) + 1 });
      }
    }
    const now = this.now();
    if (this.held.size === 0 || now < this.nextAt) return;
    this.nextAt = now + INTERVAL_MS;
    const entry: FeedEntry = { at: now, ...source, rejections: [...this.held.values()] };
    this.held.clear();
    try {
      await this.store.add(entry);
    } catch {
      for (const rejection of entry.rejections)
        this.held.set(`${rejection.code} ${rejection.message}`, rejection);
    }
  }
}
