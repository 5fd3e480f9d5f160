import { readText } from '../../adapters/attributes.ts';
import { EVENT_SK, eventPk, fromEventItem, type EventRecord } from '../../adapters/event-item.ts';
import { fromStoredOutcome } from '../../adapters/event-outcome.ts';
import { keyPartOf } from '../../adapters/keys.ts';
import { fromUserItem, USER_SK } from '../../adapters/user-item.ts';
import { TABLES } from './deployment-names.ts';
import { textOf, toItem } from './ledger.ts';
import type { StoredChange } from './memory-dynamo.ts';
import type { WireItem } from './wire-item.ts';

// What the oracle knows of erasures: which were asked for, which ids led to the same user at that moment and later, and what
// each event was when it was erased. Read off the commits, as they happen.

export interface KnownErasure {
  readonly id: string;
  readonly userKey: string;
  readonly boundary: number;
  /**
   * The ids of the user when it was asked for, without those that were set free since. Of a user who came after the request
   * had arrived, and before it was stored, only the id itself: what was merged with that one is not the erased user's.
   */
  readonly ids: Set<string>;
  /** Those that had come to their end when it was asked for. */
  readonly after: ReadonlySet<KnownErasure>;
}

/** An event as it was when it was erased. */
export interface BeforeErasure {
  readonly record: EventRecord;
  /** The item, for its body. */
  readonly item: WireItem;
}

export class ErasureLedger {
  readonly erasures: KnownErasure[] = [];
  readonly erasedFrom = new Map<string, BeforeErasure>();
  /** Ids of erasures that were acknowledged. */
  readonly acknowledged = new Set<string>();
  /** What an erasure did to an event that it must not do. */
  readonly wrongs: string[] = [];
  /** When each that has come to its end did so. */
  private readonly done = new Map<KnownErasure, number>();
  private readonly links = new Map<string, string>();
  /** Key of an id whose user is there → when that user came. */
  private readonly since = new Map<string, number>();
  /** Pairs of ids of which one was ever merged into the other. */
  private readonly everLinked = new Map<string, Set<string>>();

  noteCommit({ table, before, after }: StoredChange): void {
    if (table === TABLES.users) this.noteUser(before, after);
    if (table === TABLES.operations && after !== undefined) this.noteHead(before, after);
    if (table === TABLES.events && before !== undefined && after !== undefined) this.noteEvent(before, after);
  }

  /** All ids that ever belonged to one user with this one, also by way of others. */
  everOneWith(userKey: string): ReadonlySet<string> {
    const found = new Set([userKey]);
    for (const key of found) for (const other of this.everLinked.get(key) ?? []) found.add(other);
    return found;
  }

  /** When the last look at an id with this boundary was over. */
  endOf(userKey: string, boundary: number): number {
    const ends = [...this.done].filter(
      ([each]) => each.boundary === boundary && this.everOneWith(each.userKey).has(userKey),
    );
    return ends.length === 0 ? Infinity : Math.max(...ends.map(([, at]) => at));
  }

  private noteUser(before: WireItem | undefined, after: WireItem | undefined): void {
    const item = after ?? before;
    if (item === undefined || !textOf(item, 'pk').startsWith('u#') || textOf(item, 'sk') !== USER_SK) return;
    const { key, mergedInto, createdAt } = fromUserItem(toItem(item));
    if (after === undefined) this.since.delete(key);
    else this.since.set(key, createdAt);
    const was = this.links.get(key);
    if (after === undefined || mergedInto === undefined) this.links.delete(key);
    else {
      this.links.set(key, mergedInto.key);
      this.linked(key, mergedInto.key);
      this.linked(mergedInto.key, key);
    }
    // Set free, and whatever led to it: whether the erasure or the undoing was first, only the tombstones can tell.
    if (was === undefined || after === undefined || this.links.has(key)) return;
    for (const { ids, userKey } of this.erasures) {
      if (!ids.has(key)) continue;
      ids.clear();
      ids.add(userKey);
    }
  }

  private noteHead(before: WireItem | undefined, item: WireItem): void {
    const pk = textOf(item, 'pk');
    if (!pk.startsWith('erasure#') || textOf(item, 'sk') !== 'head') return;
    const known = this.erasures.find(({ id }) => pk === `erasure#${id}`);
    const stored = toItem(item);
    const end = stored['fa']?.N;
    if (known !== undefined && end !== undefined) this.done.set(known, Number(end));
    if (before !== undefined) return;
    const userKey = keyPartOf(readText(stored, 'u'));
    const isNew = (this.since.get(userKey) ?? Infinity) > Number(stored['ra']?.N);
    this.erasures.push({
      id: pk.slice('erasure#'.length),
      userKey,
      boundary: Number(stored['bo']?.N),
      ids: new Set(isNew ? [userKey] : this.oneWith(userKey)),
      after: new Set(this.done.keys()),
    });
  }

  private oneWith(userKey: string): readonly string[] {
    const root = this.rootOf(userKey);
    return [userKey, root, ...[...this.links.keys()].filter((key) => this.rootOf(key) === root)];
  }

  private rootOf(key: string): string {
    const next = this.links.get(key);
    return next === undefined ? key : this.rootOf(next);
  }

  private linked(key: string, other: string): void {
    this.everLinked.set(key, (this.everLinked.get(key) ?? new Set()).add(other));
  }

  private noteEvent(before: WireItem, after: WireItem): void {
    const isEvent = textOf(after, 'sk') === EVENT_SK && textOf(after, 'pk').startsWith(eventPk(''));
    if (!isEvent || textOf(after, 'st') !== 'erased' || textOf(before, 'st') === 'erased') return;
    const record = fromEventItem(toItem(before));
    this.erasedFrom.set(record.key, { record, item: before });
    const [was, is] = [usesOf(before), usesOf(after)];
    if (was !== is) this.wrongs.push(`${record.messageId} counted ${was}, and is erased with ${is}`);
  }
}

function usesOf(item: WireItem): string {
  const outcome = textOf(item, 'o');
  return JSON.stringify(outcome === '' ? [] : (fromStoredOutcome(outcome).uses ?? []));
}
