import type { ApiKeyStore, FoundApiKey } from './api-keys.ts';
import type { KeyUse } from './key-use.ts';
import { secretHashOf } from './keys.ts';

// Every request carries a key, and keys rarely change: a container remembers what it looked up for half a minute, so that
// a revoked key stops working everywhere within a minute and a new one works at once (unknown keys are remembered for
// only a moment, to blunt a flood of wrong ones).

const KNOWN_MS = 30_000;
const UNKNOWN_MS = 1_000;
const ENTRIES_MAX = 1_000;

interface Entry {
  readonly key: FoundApiKey | undefined;
  readonly until: number;
}

export class ApiKeyCache {
  private readonly store: Pick<ApiKeyStore, 'findByHash'>;
  private readonly now: () => number;
  private readonly use: Pick<KeyUse, 'note'> | undefined;
  private readonly entries = new Map<string, Entry>();

  /** `use` is told of each valid key that was looked up. @default nobody is told */
  constructor(store: Pick<ApiKeyStore, 'findByHash'>, now: () => number, use?: Pick<KeyUse, 'note'>) {
    this.store = store;
    this.now = now;
    this.use = use;
  }

  /** The key that this secret belongs to. Throws when the store cannot be read: that must never look like a wrong key. */
  async find(secret: string): Promise<FoundApiKey | undefined> {
    return await this.findByHash(secretHashOf(secret));
  }

  /** The key whose secret has this SHA-256, in hex. */
  async findByHash(hash: string): Promise<FoundApiKey | undefined> {
    const now = this.now();
    const entry = this.entries.get(hash);
    if (entry !== undefined && entry.until > now) return entry.key;
    const key = await this.store.findByHash(hash);
    if (key !== undefined && key.revokedAt === undefined) this.use?.note(key.id, now);
    if (this.entries.size >= ENTRIES_MAX) this.entries.clear();
    this.entries.set(hash, { key, until: now + (key === undefined ? UNKNOWN_MS : KNOWN_MS) });
    return key;
  }
}
