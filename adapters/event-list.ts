import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GROUP_SHARDS, INBOX_PARTITIONS, type UnmappedGroup } from '../core/unmapped-group.ts';
import { readS, S, T, type Item } from './attributes.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import { QUARANTINE_SHARDS, quarantinePk } from './commit-plan.ts';
import { EVENT_SK, eventPk, timelineKey, type EventRecord, type EventState } from './event-item.ts';
import type { EventStore, Page } from './event-store.ts';
import { keyPartOf } from './keys.ts';
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

export interface UnmappedFilter {
  readonly event?: string;
  /** Only with `event`: the group of events that name this feature. */
  readonly featureId?: string;
}

/** Group items looked at for one page. A filter that nearly nothing passes gives empty pages with a cursor, not a wait. */
const GROUPS_PER_PAGE_MAX = 400;
const GROUPS_PER_QUERY = 100;
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

  /** Newest event time first. The index is eventually consistent: an event of this second may be missing. */
  async ofUser(userId: string, range: TimeRange, limit: number, cursor?: string): Promise<Page<EventRecord>> {
    const [from, to] = [timelineKey(clamp(range.from ?? 0), ''), timelineKey(clamp(range.to ?? LATEST), '')];
    const after = decodeCursor(cursor)?.['after']?.S;
    if (cursor !== undefined && (!isTimelineKey(after) || after < from || after >= to)) throw foreign();
    const u = S(keyPartOf(userId));
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
    const last = answer.LastEvaluatedKey?.['t'];
    const keys = (answer.Items ?? []).map((item) => readS(item, 'pk').slice(eventPk('').length));
    return toPage(await this.records(keys), last === undefined ? undefined : { after: last });
  }

  /** Latest arrival first. */
  async quarantined(range: TimeRange, limit: number, cursor?: string): Promise<Page<EventRecord>> {
    const [from, to] = [timelineKey(clamp(range.from ?? 0), ''), timelineKey(clamp(range.to ?? LATEST), '')];
    const after = decodeCursor(cursor)?.['after']?.S;
    if (cursor !== undefined && (!isTimelineKey(after) || after < from || after > to)) throw foreign();
    const partitions = Array.from({ length: QUARANTINE_SHARDS }, (_, shard) => quarantinePk(shard));
    const list = { table: this.table, partitions, keys: { between: [from, to] as const }, newestFirst: true };
    const { rows, last } = await mergedPage(this.dynamo, list, limit, after);
    const records = await this.records(
      rows.map((row) => readS(row, 'sk').slice(14)),
      'quarantined',
    );
    return toPage(records, last === undefined ? undefined : { after: S(last) });
  }

  /** In no particular order. */
  async unmappedEvents(filter: UnmappedFilter, limit: number, cursor?: string): Promise<Page<EventRecord>> {
    const { event, featureId } = filter;
    if (event !== undefined && featureId !== undefined) {
      return await this.ofGroup({ kind: 'feature', name: event, featureId }, limit, cursor);
    }
    // The group of the bare name first, because its key is known; then whatever groups hold the name beside a feature.
    const start = decodeCursor(cursor);
    if (event !== undefined && start?.['partition'] === undefined) {
      const page = await this.ofGroup({ kind: 'name', name: event }, limit, cursor);
      return page.cursor === undefined ? toPage(page.rows, { partition: S('0') }) : page;
    }
    return await this.ofAllGroups(event, limit, cursor);
  }

  private async ofGroup(group: UnmappedGroup, limit: number, cursor?: string): Promise<Page<EventRecord>> {
    const start = decodeCursor(cursor);
    const at = { shard: start?.['shard']?.S ?? '0', after: start?.['after']?.S };
    if (!/^[0-3]$/.test(at.shard) || (cursor !== undefined && !isEventKey(at.after))) throw foreign();
    const shards = Array.from({ length: GROUP_SHARDS }, (_, shard) => unmappedPk(group, shard));
    const keys: string[] = [];
    let after = at.after;
    for (let shard = Number(at.shard); shard < shards.length; shard += 1) {
      const wanted = limit - keys.length;
      const rows = await this.unmapped.rows(shards[shard] ?? '', wanted, after);
      keys.push(...rows);
      after = undefined;
      if (rows.length === wanted) {
        const next = { shard: S(String(shard)), after: S(rows.at(-1) ?? '') };
        return toPage(await this.records(keys, 'unmapped'), next);
      }
    }
    return toPage(await this.records(keys, 'unmapped'));
  }

  /** Walks through the shards of all groups; with `name`, of the groups of that name and a feature. */
  private async ofAllGroups(
    name: string | undefined,
    limit: number,
    cursor?: string,
  ): Promise<Page<EventRecord>> {
    let at: WalkPosition | undefined = walkPosition(cursor);
    const keys: string[] = [];
    let looked = 0;
    while (at !== undefined && keys.length < limit && looked < GROUPS_PER_PAGE_MAX) {
      if (at.row !== undefined) {
        const wanted = limit - keys.length;
        const rows = await this.unmapped.rows(at.shard, wanted, at.row);
        keys.push(...rows);
        // The shard's end, or a full page in the middle of it.
        at = { ...at, row: rows.length === wanted ? rows.at(-1) : undefined };
        continue;
      }
      const found = await this.nextShards(at, name);
      looked += GROUPS_PER_QUERY;
      at = await this.gather(found, at, limit, keys);
    }
    const next =
      at === undefined
        ? undefined
        : { partition: S(String(at.partition)), shard: S(at.shard), row: S(at.row ?? '') };
    return toPage(await this.records(keys, 'unmapped'), next);
  }

  private async gather(
    found: { readonly shards: readonly string[]; readonly end: string | undefined },
    at: WalkPosition,
    limit: number,
    keys: string[],
  ): Promise<WalkPosition | undefined> {
    for (const shard of found.shards) {
      const wanted = limit - keys.length;
      const rows = await this.unmapped.rows(shard, wanted);
      keys.push(...rows);
      if (rows.length === wanted) return { partition: at.partition, shard, row: rows.at(-1) };
    }
    if (found.end !== undefined) return { partition: at.partition, shard: found.end, row: undefined };
    const partition = at.partition + 1;
    return partition < INBOX_PARTITIONS ? { partition, shard: '', row: undefined } : undefined;
  }

  /** The next shards that have rows, and where to look on in this partition. */
  private async nextShards(
    at: WalkPosition,
    name: string | undefined,
  ): Promise<{ readonly shards: readonly string[]; readonly end: string | undefined }> {
    const pk = S(inboxPk(at.partition));
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
        ...(at.shard !== '' && { ExclusiveStartKey: { pk, sk: S(at.shard) } }),
      }),
    );
    return {
      shards: (answer.Items ?? []).map((item) => readS(item, 'sk')),
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

interface WalkPosition {
  readonly partition: number;
  /** The last shard that was reached; empty at the beginning of a partition. */
  readonly shard: string;
  /** The last row that was read in that shard; undefined when the shard is done. */
  readonly row: string | undefined;
}

function walkPosition(cursor: string | undefined): WalkPosition {
  const start = decodeCursor(cursor);
  if (start === undefined) return { partition: 0, shard: '', row: undefined };
  const partition = start['partition']?.S ?? '';
  const shard = start['shard']?.S ?? '';
  const row = start['row']?.S ?? '';
  if (!/^[0-7]$/.test(partition) || !/^(?:[nf]#.{1,300})?$/s.test(shard) || (row !== '' && !isEventKey(row)))
    throw foreign();
  return { partition: Number(partition), shard, row: row === '' ? undefined : row };
}

function toPage(rows: readonly EventRecord[], next?: Item): Page<EventRecord> {
  const cursor = encodeCursor(next);
  return { rows, ...(cursor !== undefined && { cursor }) };
}

const clamp = (time: number): number => Math.min(time, LATEST);
const foreign = (): InvalidCursorError =>
  new InvalidCursorError('The cursor is not one that this list gave out.');
const isEventKey = (text: string | undefined): text is string =>
  text !== undefined && /^[\w-]{22}$/.test(text);
const isTimelineKey = (text: string | undefined): text is string =>
  text !== undefined && /^\d{13}#[\w-]{22}$/.test(text);
