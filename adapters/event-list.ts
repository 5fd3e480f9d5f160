import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GROUP_SHARDS, INBOX_PARTITIONS, type UnmappedGroup } from '../core/unmapped-group.ts';
import { readS, S, T, type Item } from './attributes.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import { QUARANTINE_SHARDS, quarantinePk } from './commit-plan.ts';
import { EVENT_SK, eventPk, timelineKey, type EventRecord, type EventState } from './event-item.ts';
import type { EventStore, Page } from './event-store.ts';
import { mergedPage } from './merged-page.ts';
import { inboxPk, unmappedPk } from './unmapped-item.ts';
import type { UnmappedStore } from './unmapped-store.ts';

// Pages of events as people look for them: by user, unmapped, quarantined. Each reads an index and then the events
// themselves, consistently, so an event that has moved on since it was indexed is left out and a page may be short.

/** Epoch milliseconds, from inclusive, to exclusive. */
export interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

/** What of a list is wanted. It is looked at one by one, so a page may be short, or even empty, and still have a cursor. */
export interface EventFilter extends TimeRange {
  readonly state?: EventState;
  /** The event name. */
  readonly event?: string;
}

export interface UnmappedFilter extends TimeRange {
  readonly event?: string;
  /** Only with `event`: the group of events that name this feature. */
  readonly featureId?: string;
}

/** Groups looked at for one page. A filter that nearly nothing passes gives empty pages with a cursor, not a wait. */
const GROUPS_PER_PAGE_MAX = 400;
const GROUPS_PER_QUERY = 100;
/** Events of a user that are looked at for one page, and at once, where not all of them are wanted. */
const FILTERED_EVENTS_MAX = 400;
const FILTERED_PER_QUERY = 100;
/** The last time that 13 digits can write; the year 2286. */
const LATEST = 9_999_999_999_999;

export class EventList {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly events: EventStore;
  private readonly unmapped: UnmappedStore;

  constructor(dynamo: DynamoDBClient, table: string, events: EventStore, unmapped: UnmappedStore) {
    this.dynamo = dynamo;
    this.table = table;
    this.events = events;
    this.unmapped = unmapped;
  }

  /**
   * Events under these ids, newest event time first. The index is eventually consistent: an event of this second may be
   * missing. Reads at most a page of each id.
   */
  async ofIds(
    userKeys: readonly string[],
    filter: EventFilter,
    limit: number,
    cursor?: string,
  ): Promise<Page<EventRecord>> {
    const [from, to] = [
      timelineKey(clamp(filter.from ?? 0), ''),
      timelineKey(clamp(filter.to ?? LATEST), ''),
    ];
    let after = decodeCursor(cursor)?.['after']?.S;
    if (cursor !== undefined && (!isTimelineKey(after) || after < from || after >= to)) throw foreign();
    const everything = filter.state === undefined && filter.event === undefined;
    const rows: EventRecord[] = [];
    let looked = 0;
    do {
      const size = everything ? limit : FILTERED_PER_QUERY;
      const { keys, last } = await this.timeline(userKeys, [from, to], size, after);
      looked += keys.length;
      const found = (await this.records(keys, filter.state)).filter(isNamed(filter.event));
      const taken = found.slice(0, limit - rows.length);
      rows.push(...taken);
      const lastTaken = taken.at(-1);
      // The next page begins behind what was taken, not behind what was looked at.
      after =
        taken.length < found.length && lastTaken !== undefined
          ? timelineKey(lastTaken.time, lastTaken.key)
          : last;
    } while (!everything && after !== undefined && rows.length < limit && looked < FILTERED_EVENTS_MAX);
    return toPage(rows, after === undefined ? undefined : { after: S(after) });
  }

  /**
   * Keys of events under these ids, latest first, and where to read on. The place of an event under one id is a start in the
   * others as well: it is its time.
   */
  private async timeline(
    userKeys: readonly string[],
    range: readonly [string, string],
    limit: number,
    after: string | undefined,
  ): Promise<{ readonly keys: readonly string[]; readonly last: string | undefined }> {
    const pages = await Promise.all(userKeys.map((key) => this.timelineOf(key, range, limit, after)));
    // An id that was not read to its end is known only as far back as its last row.
    const known = pages
      .flatMap(({ last }) => last ?? [])
      .toSorted()
      .at(-1);
    const places = pages
      .flatMap((page) => page.places)
      .filter((place) => known === undefined || place >= known)
      .toSorted()
      .toReversed();
    const shown = places.slice(0, limit);
    const isEnd = known === undefined && shown.length === places.length;
    return { keys: shown.map((place) => place.slice(14)), last: isEnd ? undefined : shown.at(-1) };
  }

  private async timelineOf(
    userKey: string,
    [from, to]: readonly [string, string],
    limit: number,
    after: string | undefined,
  ): Promise<{ readonly places: readonly string[]; readonly last: string | undefined }> {
    const u = S(userKey);
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        IndexName: 'byUser',
        // An event's key is longer than an end of the range: both ends mean what TimeRange says.
        KeyConditionExpression: 'u = :u AND t BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':u': u, ':from': S(from), ':to': S(to) },
        ScanIndexForward: false,
        Limit: limit,
        ...(after !== undefined && {
          ExclusiveStartKey: { u, t: S(after), pk: S(eventPk(after.slice(14))), sk: S(EVENT_SK) },
        }),
      }),
    );
    return {
      places: (answer.Items ?? []).map((item) => readS(item, 't')),
      last: answer.LastEvaluatedKey?.['t']?.S,
    };
  }

  /** Latest arrival first. */
  async quarantined(
    filter: Omit<EventFilter, 'state'>,
    limit: number,
    cursor?: string,
  ): Promise<Page<EventRecord>> {
    const [from, to] = [
      timelineKey(clamp(filter.from ?? 0), ''),
      timelineKey(clamp(filter.to ?? LATEST), ''),
    ];
    const after = decodeCursor(cursor)?.['after']?.S;
    if (cursor !== undefined && (!isTimelineKey(after) || after < from || after > to)) throw foreign();
    const partitions = Array.from({ length: QUARANTINE_SHARDS }, (_, shard) => quarantinePk(shard));
    const list = { table: this.table, partitions, between: [from, to] as const, newestFirst: true };
    const { rows, last } = await mergedPage(this.dynamo, list, limit, after);
    const records = await this.records(
      rows.map((row) => readS(row, 'sk').slice(14)),
      'quarantined',
    );
    return toPage(records.filter(isNamed(filter.event)), last === undefined ? undefined : { after: S(last) });
  }

  /** In no particular order; the range is of the time that they will count at. */
  async unmappedEvents(filter: UnmappedFilter, limit: number, cursor?: string): Promise<Page<EventRecord>> {
    const { event: name, featureId } = filter;
    const keys: string[] = [];
    let at: Position | undefined = positionOf(cursor, name === undefined);
    let looked = 0;
    while (at !== undefined && keys.length < limit && looked < GROUPS_PER_PAGE_MAX) {
      if (at.row !== undefined) {
        // In the middle of a shard's rows.
        const rows = await this.unmapped.rows(at.shard, limit - keys.length, at.row);
        const isFull = keys.push(...rows) === limit;
        at = { ...at, row: isFull ? rows.at(-1) : undefined };
      } else if (name !== undefined && at.partition === undefined) {
        // The shards of one group first, because their keys are known; one feature's group is all there is to find.
        const group: UnmappedGroup =
          featureId === undefined ? { kind: 'name', name } : { kind: 'feature', name, featureId };
        const shards = Array.from({ length: GROUP_SHARDS }, (_, shard) => unmappedPk(group, shard));
        const left = shards.slice(shards.indexOf(at.shard) + 1);
        const then: Position | undefined = featureId === undefined ? { partition: 0, shard: '' } : undefined;
        at = (await this.gather(left, undefined, limit, keys)) ?? then;
      } else {
        // Then whatever groups there are; with a name, those that hold it beside a feature.
        const partition: number = at.partition ?? 0;
        const found = await this.nextShards(partition, at.shard, name);
        looked += found.looked;
        at =
          (await this.gather(found.shards, partition, limit, keys)) ??
          (found.end !== undefined ? { partition, shard: found.end } : followingPartition(partition));
      }
    }
    const records = await this.records(keys, 'unmapped');
    const { from = 0, to = Infinity } = filter;
    return toPage(
      records.filter(isNamed(name)).filter(({ time }) => time >= from && time < to),
      at === undefined ? undefined : toCursorItem(at),
    );
  }

  /** Reads rows of these shards until there are `limit` keys; then says where it stopped. */
  private async gather(
    shards: readonly string[],
    partition: number | undefined,
    limit: number,
    keys: string[],
  ): Promise<Position | undefined> {
    for (const shard of shards) {
      const rows = await this.unmapped.rows(shard, limit - keys.length);
      if (keys.push(...rows) === limit) return { partition, shard, row: rows.at(-1) };
    }
    return undefined;
  }

  /** The next shards that have rows, and where to look on in this partition. */
  private async nextShards(
    partition: number,
    after: string,
    name: string | undefined,
  ): Promise<{
    readonly shards: readonly string[];
    readonly looked: number;
    readonly end: string | undefined;
  }> {
    const pk = S(inboxPk(partition));
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        FilterExpression:
          name === undefined ? 'c > :none' : 'c > :none AND en = :name AND attribute_exists(fi)',
        ProjectionExpression: 'sk',
        ExpressionAttributeValues: {
          ':pk': pk,
          ':none': { N: '0' },
          ...(name !== undefined && { ':name': T(name) }),
        },
        ConsistentRead: true,
        Limit: GROUPS_PER_QUERY,
        ...(after !== '' && { ExclusiveStartKey: { pk, sk: S(after) } }),
      }),
    );
    return {
      shards: (answer.Items ?? []).map((item) => readS(item, 'sk')),
      looked: answer.ScannedCount ?? 0,
      end: answer.LastEvaluatedKey?.['sk']?.S,
    };
  }

  /** In the order of the keys; only events in `state`, where one is given. */
  private async records(keys: readonly string[], state?: EventState): Promise<readonly EventRecord[]> {
    const records = await this.events.records(keys);
    return keys.flatMap((key) => {
      const record = records.get(key);
      return record === undefined || (state !== undefined && record.state !== state) ? [] : [record];
    });
  }
}

/** Where a walk through the groups is. */
interface Position {
  /** The partition of the inbox; undefined while the group of the bare name is read. */
  readonly partition: number | undefined;
  /** The last shard that was reached; empty before the first. */
  readonly shard: string;
  /** The last row that was read in that shard; undefined when the shard is done. */
  readonly row?: string | undefined;
}

const followingPartition = (partition: number): Position | undefined =>
  partition + 1 < INBOX_PARTITIONS ? { partition: partition + 1, shard: '' } : undefined;

const toCursorItem = ({ partition, shard, row = '' }: Position): Item => ({
  partition: S(partition === undefined ? '' : String(partition)),
  shard: S(shard),
  row: S(row),
});

function positionOf(cursor: string | undefined, everyName: boolean): Position {
  const start = decodeCursor(cursor);
  if (start === undefined) return { partition: everyName ? 0 : undefined, shard: '' };
  const [partition = '-', shard = '-', row = '-'] = ['partition', 'shard', 'row'].map(
    (part) => start[part]?.S,
  );
  const isSound =
    (/^[0-7]$/.test(partition) || (partition === '' && !everyName)) &&
    /^(?:[nf]#[\x20-\x7e]{1,400})?$/.test(shard) &&
    (row === '' || (isEventKey(row) && shard !== ''));
  if (!isSound) throw foreign();
  return {
    partition: partition === '' ? undefined : Number(partition),
    shard,
    row: row === '' ? undefined : row,
  };
}

function toPage(rows: readonly EventRecord[], next?: Item): Page<EventRecord> {
  const cursor = encodeCursor(next);
  return { rows, ...(cursor !== undefined && { cursor }) };
}

const isNamed =
  (name: string | undefined) =>
  (record: EventRecord): boolean =>
    name === undefined || record.name === name;

const clamp = (time: number): number => Math.min(time, LATEST);
const foreign = (): InvalidCursorError =>
  new InvalidCursorError('The cursor is not one that this list gave out.');
const isEventKey = (text: string | undefined): text is string =>
  text !== undefined && /^[\w-]{22}$/.test(text);
const isTimelineKey = (text: string | undefined): text is string =>
  text !== undefined && /^\d{13}#[\w-]{22}$/.test(text);
