import { ScanCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toMicros } from '../core/decimal.ts';
import { add, ledgerKey, UsageLedger, type Amount, type RowPlace } from '../core/usage-ledger.ts';
import { hourOf } from '../core/timestamp.ts';
import { readOptionalS, readS, S, unlessDamaged, type Item } from './attributes.ts';
import { batchGet } from './batch-get.ts';
import { EVENT_SK } from './event-item.ts';
import { fromStoredOutcome } from './event-outcome.ts';
import { keyPartOf } from './keys.ts';
import { mapAtMost } from './map-at-most.ts';
import { FEATURE_SHARDS } from './usage-item.ts';

// Usage twice: as the counters are stored, and as the stored events say. For reconciling, in the background: both read
// their whole table, consistently, in segments beside each other.

const SEGMENTS = 8;
/** Items that one request looks at; with events of the usual size it ends earlier, at 1 MB. */
const ITEMS_PER_PAGE = 5_000;
/** Rows that are read again at once. */
const ROWS_PER_READ = 50;

/** Which rows are wanted; the others take no memory. */
export type RowFilter = (key: string) => boolean;

/** Is called after every page; throws to end the reading. */
export type EveryPage = (ledger: UsageLedger) => void;

export interface ExpectedUsage {
  readonly ledger: UsageLedger;
  /** Items of the Events table that were looked at. */
  readonly scanned: number;
  /** Events whose outcome cannot be read: what they count for is unknown. */
  readonly unreadable: number;
}

export class UsageAudit {
  private readonly dynamo: DynamoDBClient;
  private readonly tables: { readonly events: string; readonly usage: string };

  constructor(dynamo: DynamoDBClient, tables: { readonly events: string; readonly usage: string }) {
    this.dynamo = dynamo;
    this.tables = tables;
  }

  /** How many counter items there are. */
  async size(): Promise<number> {
    let size = 0;
    await this.scan({ TableName: this.tables.usage, Select: 'COUNT' }, (_, count) => {
      size += count;
    });
    return size;
  }

  /** The counters. */
  async stored(filter: RowFilter, everyPage: EveryPage): Promise<UsageLedger> {
    const ledger = new UsageLedger();
    await this.scan({ TableName: this.tables.usage }, (items) => {
      for (const item of items) addStored(ledger, item, filter);
      everyPage(ledger);
    });
    return ledger;
  }

  /** The counters of these rows as they are now, all shards of each. */
  async storedRows(places: readonly RowPlace[]): Promise<UsageLedger> {
    const ledger = new UsageLedger();
    for (let start = 0; start < places.length; start += ROWS_PER_READ) {
      const keys = places.slice(start, start + ROWS_PER_READ).flatMap(keysOf);
      for (const item of await batchGet(this.dynamo, this.tables.usage, keys)) {
        addStored(ledger, item, () => true);
      }
    }
    return ledger;
  }

  /** What the stored events count for. The uses of an erased event are still in the totals of their features. */
  async expected(filter: RowFilter, everyPage: EveryPage): Promise<ExpectedUsage> {
    const ledger = new UsageLedger();
    let scanned = 0;
    let unreadable = 0;
    const input = {
      TableName: this.tables.events,
      FilterExpression: 'sk = :e AND (st = :mapped OR (st = :erased AND attribute_exists(o)))',
      ProjectionExpression: 'st, u, t, o',
      ExpressionAttributeValues: { ':e': S(EVENT_SK), ':mapped': S('mapped'), ':erased': S('erased') },
    };
    await this.scan(input, (items, count) => {
      scanned += count;
      for (const item of items) if (!addExpected(ledger, item, filter)) unreadable += 1;
      everyPage(ledger);
    });
    return { ledger, scanned, unreadable };
  }

  private async scan(
    input: Omit<ConstructorParameters<typeof ScanCommand>[0], 'ConsistentRead'>,
    take: (items: readonly Item[], scanned: number) => void,
  ): Promise<void> {
    const segments = Array.from({ length: SEGMENTS }, (_, segment) => segment);
    await mapAtMost(SEGMENTS, segments, async (segment) => {
      let from: Item | undefined;
      do {
        const answer = await this.dynamo.send(
          new ScanCommand({
            ...input,
            Segment: segment,
            TotalSegments: SEGMENTS,
            Limit: ITEMS_PER_PAGE,
            ConsistentRead: true,
            ...(from !== undefined && { ExclusiveStartKey: { ...from } }),
          }),
        );
        take(answer.Items ?? [], answer.ScannedCount ?? 0);
        from = answer.LastEvaluatedKey;
      } while (from !== undefined);
    });
  }
}

/** Returns whether the event could be read. */
function addExpected(ledger: UsageLedger, item: Item, filter: RowFilter): boolean {
  const event = readUses(item);
  if (event === undefined) return false;
  const { time, userKey, uses } = event;
  const { day } = hourOf(time);
  for (const { featureId, delta } of uses) {
    const featureKey = keyPartOf(featureId);
    for (const place of [
      { featureKey, day },
      ...(userKey === undefined ? [] : [{ userKey, featureKey, day }]),
    ]) {
      if (filter(ledgerKey(place))) ledger.count(place, time, delta);
    }
  }
  return true;
}

function readUses(item: Item) {
  try {
    const time = Number(readS(item, 't').slice(0, 13));
    if (!Number.isSafeInteger(time)) return undefined;
    const uses = fromStoredOutcome(readS(item, 'o')).uses ?? [];
    // Throws where a delta is none, before any of them is counted.
    for (const { delta } of uses) if (microsOf(delta) === undefined) return undefined;
    const userKey = readS(item, 'st') === 'mapped' ? readS(item, 'u') : undefined;
    return { time, userKey, uses };
  } catch (error) {
    unlessDamaged(error);
    return undefined;
  }
}

const USER_ROW = /^(.+)#(\d{4}-\d{2}-\d{2})$/;
const FEATURE_ROW = /^f#(.+)#(\d+)$/;

/** Items whose keys no reader asks for count for nothing, and are left out. */
function placeOf(item: Item): RowPlace | undefined {
  const [pk, sk] = [readOptionalS(item, 'pk') ?? '', readOptionalS(item, 'sk') ?? ''];
  if (pk.startsWith('u#')) {
    const [, featureKey, day] = USER_ROW.exec(sk) ?? [];
    return featureKey === undefined || day === undefined
      ? undefined
      : { userKey: pk.slice(2), featureKey, day };
  }
  const [, featureKey, shard] = FEATURE_ROW.exec(pk) ?? [];
  if (featureKey === undefined || Number(shard) >= FEATURE_SHARDS) return undefined;
  return /^\d{4}-\d{2}-\d{2}$/.test(sk) ? { featureKey, day: sk } : undefined;
}

function keysOf({ userKey, featureKey, day }: RowPlace): Item[] {
  if (userKey !== undefined) return [{ pk: S(`u#${userKey}`), sk: S(`${featureKey}#${day}`) }];
  return Array.from({ length: FEATURE_SHARDS }, (_, shard) => ({
    pk: S(`f#${featureKey}#${String(shard)}`),
    sk: S(day),
  }));
}

function addStored(ledger: UsageLedger, item: Item, filter: RowFilter): void {
  const place = placeOf(item);
  if (place === undefined || !filter(ledgerKey(place))) return;
  const row = ledger.row(place);
  add(row, 'total', amountIn(item, 's', 'n'));
  for (let hour = 0; hour < 24; hour += 1) {
    const suffix = String(hour).padStart(2, '0');
    if (item[`s${suffix}`] === undefined && item[`n${suffix}`] === undefined) continue;
    add(row, hour, amountIn(item, `s${suffix}`, `n${suffix}`));
  }
}

function amountIn(item: Item, sum: string, count: string): Amount {
  return { micros: microsOf(item[sum]?.N ?? '0'), count: Number(item[count]?.N ?? '0') };
}

function microsOf(text: string): bigint | undefined {
  try {
    return toMicros(text);
  } catch {
    return undefined; // more digits than usage has: somebody wrote it by hand
  }
}
