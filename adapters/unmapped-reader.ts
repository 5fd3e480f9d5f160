import { exactNames } from '../core/mapping/event-matcher.ts';
import type { MappingRule } from '../core/mapping/rule.ts';
import type { StoredEvent } from '../core/decide-event.ts';
import { GROUP_SHARDS, type UnmappedGroup } from '../core/unmapped-group.ts';
import { unlessDamaged } from './attributes.ts';
import type { EventRecord } from './event-item.ts';
import type { EventStore } from './event-store.ts';
import { mapAtMost } from './map-at-most.ts';
import { unmappedPk, type GroupShard } from './unmapped-item.ts';
import type { UnmappedStore } from './unmapped-store.ts';

// Reads the stored unmapped events of some groups as fast as one process can, for figures that somebody waits for. What
// does not fit the time or the number of rows is left out, and the answer says so.

export interface ReadBudget {
  /** Epoch milliseconds after which no page is begun. */
  readonly deadline: number;
  readonly rowsMax: number;
}

export interface ReadExtent {
  /** Whether every row was read. */
  readonly complete: boolean;
  readonly read: number;
  /** Rows that the groups hold, as they count themselves. */
  readonly total: number;
}

/** Keys per query; a row is its key, so this is far below a page's 1 MB. */
const ROWS_PER_PAGE = 1_000;
/** Events per request, and requests of one shard at once: four shards of a name keep 16 under way. */
const EVENTS_PER_READ = 100;
const READS_AT_ONCE = 4;
const SHARDS_AT_ONCE = 4;

export class UnmappedReader {
  private readonly events: EventStore;
  private readonly unmapped: UnmappedStore;
  private readonly now: () => number;

  constructor(events: EventStore, unmapped: UnmappedStore, now: () => number) {
    this.events = events;
    this.unmapped = unmapped;
    this.now = now;
  }

  /** The shards with events that `wanted` takes. `rules` can only match groups that they name, where all of them do. */
  async shardsFor(
    rules: readonly MappingRule[],
    wanted: (group: UnmappedGroup) => boolean,
  ): Promise<readonly GroupShard[]> {
    const names = rules.map((rule) => exactNames(rule.event));
    if (names.every((list) => list !== undefined)) return await this.shardsOf(new Set(names.flat()));
    const shards: GroupShard[] = [];
    for await (const shard of this.unmapped.allShards())
      if (shard.count > 0 && wanted(shard.group)) shards.push(shard);
    return shards;
  }

  /** The shards of events with these names that name no feature themselves. */
  async shardsOf(names: Iterable<string>): Promise<readonly GroupShard[]> {
    const keys = [...names].flatMap((name) =>
      Array.from({ length: GROUP_SHARDS }, (_, shard) => unmappedPk({ kind: 'name', name }, shard)),
    );
    const shards = await mapAtMost(16, keys, (key) => this.unmapped.shard(key));
    return shards.filter((shard) => shard !== undefined).filter(({ count }) => count > 0);
  }

  /** Calls `visit` for every event that is still unmapped, in no particular order. */
  async read(
    shards: readonly GroupShard[],
    budget: ReadBudget,
    visit: (record: EventRecord, event: StoredEvent) => void,
  ): Promise<ReadExtent> {
    let read = 0;
    let complete = true;
    await mapAtMost(SHARDS_AT_ONCE, shards, async ({ unmappedIn }) => {
      let after: string | undefined;
      for (;;) {
        if (read >= budget.rowsMax || this.now() >= budget.deadline) {
          complete = false;
          return;
        }
        const keys = await this.unmapped.rows(unmappedIn, ROWS_PER_PAGE, after);
        after = keys.at(-1);
        if (after === undefined) return;
        read += keys.length;
        await this.visitAll(keys, visit);
      }
    });
    const total = shards.reduce((sum, { count }) => sum + count, 0);
    return { complete, read, total: complete ? read : Math.max(total, read) };
  }

  private async visitAll(
    keys: readonly string[],
    visit: (record: EventRecord, event: StoredEvent) => void,
  ): Promise<void> {
    const parts: (readonly string[])[] = [];
    for (let start = 0; start < keys.length; start += EVENTS_PER_READ)
      parts.push(keys.slice(start, start + EVENTS_PER_READ));
    await mapAtMost(READS_AT_ONCE, parts, async (part) => {
      for (const item of (await this.events.items(part)).values()) {
        // Mapped since its row was read.
        if (item['st']?.S !== 'unmapped') continue;
        const opened = await this.events.open(item).catch(unlessDamaged);
        if (opened !== undefined) visit(opened.record, opened.event);
      }
    });
  }
}
