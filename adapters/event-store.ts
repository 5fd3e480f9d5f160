import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { StoredEvent } from '../core/decide-event.ts';
import { fieldLookup } from '../core/field-lookup.ts';
import { isJsonObject, parseJson } from '../core/json-value.ts';
import { DamagedItemError, N, readB, S, type Item } from './attributes.ts';
import { pause } from './backoff.ts';
import {
  bodyOf,
  chunkSk,
  EVENT_SK,
  eventPk,
  fromEventItem,
  inflateBody,
  toBodyItems,
  toEventItem,
  toStoredEvent,
  type BodyItems,
  type BodyParts,
  type EventRecord,
  type EventState,
  type NewEvent,
} from './event-item.ts';
import { batchGet } from './batch-get.ts';
import { reasonsOf } from './failure-kind.ts';
import { insertItems } from './insert-items.ts';
import { mapAtMost } from './map-at-most.ts';

// The Events table as the pipeline's memory: every event once per messageId, for ever.

export type PutResult =
  | { readonly kind: 'stored' }
  /** The messageId is known. `conflict`: it came with another body, which was refused and noted on the event. */
  | { readonly kind: 'duplicate'; readonly state: EventState; readonly conflict: boolean };

/** Requests in flight at once where events are handled one by one. */
const EVENTS_AT_ONCE = 48;
const TRANSACTION_ATTEMPTS_MAX = 5;
/** A transaction holds 4 MB: these, and an event of any size. No request is as large as two of them. */
const CHUNKS_PER_TRANSACTION = 9;

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly cursor?: string;
}

interface PackedEvent {
  readonly event: NewEvent;
  readonly body: BodyItems;
}

export class EventStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /**
   * Stores an event unless its messageId is known. When it returns, the event is durable. Throws when DynamoDB cannot be
   * reached: nothing may then be acknowledged.
   */
  async put(event: NewEvent): Promise<PutResult> {
    return await this.putWith(event, bodyItemsOf(event));
  }

  private async putWith(event: NewEvent, body: BodyItems): Promise<PutResult> {
    if (body.chunks.length > 0) return await this.putInParts(event, body);
    try {
      await this.dynamo.send(
        new PutItemCommand({
          TableName: this.table,
          Item: toEventItem(event, body.inline),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { kind: 'stored' };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || error.Item === undefined) throw error;
      return await this.duplicateOf(event, error.Item);
    }
  }

  /**
   * The parts of a body are written together with their event; of what is too much for one transaction, the first before it,
   * while it is not there. A part that comes later, or that is left by who died before its event was stored, would stay
   * behind when the event is erased: nothing of an event says that there are parts which are not its own. It costs twice the
   * units of a put, for events that are larger than Segment lets them be.
   */
  private async putInParts(event: NewEvent, { inline, chunks }: BodyItems): Promise<PutResult> {
    // A duplicate would cost what the event did.
    const known = (await this.items([event.key])).get(event.key);
    if (known !== undefined) return await this.duplicateOf(event, known);
    const Key = { pk: S(eventPk(event.key)), sk: S(EVENT_SK) };
    const isNew = { TableName: this.table, ConditionExpression: 'attribute_not_exists(pk)' };
    const puts = chunks.map((chunk) => ({ Put: { TableName: this.table, Item: { ...chunk } } }));
    const before = puts.splice(0, Math.max(0, puts.length - CHUNKS_PER_TRANSACTION));
    const isStored =
      (before.length === 0 || (await this.transact([{ ConditionCheck: { ...isNew, Key } }, ...before]))) &&
      (await this.transact([{ Put: { ...isNew, Item: toEventItem(event, inline) } }, ...puts]));
    if (isStored) return { kind: 'stored' };
    const first = (await this.items([event.key])).get(event.key);
    if (first === undefined) throw new Error('An event was there, and is not any more.');
    return await this.duplicateOf(event, first);
  }

  /** False when a condition fails. */
  private async transact(TransactItems: TransactWriteItem[]): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.dynamo.send(new TransactWriteItemsCommand({ TransactItems }));
        return true;
      } catch (error) {
        const codes = reasonsOf(error).map(({ Code }) => Code);
        if (codes.includes('ConditionalCheckFailed')) return false;
        // The SDK does not send a cancelled transaction again; somebody else who stores the same event is done in a moment.
        if (!codes.includes('TransactionConflict') || attempt === TRANSACTION_ATTEMPTS_MAX) throw error;
        await pause(attempt);
      }
    }
  }

  /**
   * Stores many events, of different messageIds, each as `put` does. The results are in their order; undefined stands for
   * an event that could not be stored. `onFailure` is told why.
   */
  async putAll(
    events: readonly NewEvent[],
    onFailure: (error: unknown) => void,
  ): Promise<readonly (PutResult | undefined)[]> {
    const results = new Map<string, PutResult>();
    const packed = events.map((event) => ({ event, body: bodyItemsOf(event) }));
    const few = packed.length > 1 ? await this.insertSmall(packed, results) : packed;
    await mapAtMost(EVENTS_AT_ONCE, few, async ({ event, body }) => {
      try {
        results.set(event.key, await this.putWith(event, body));
      } catch (error) {
        onFailure(error);
      }
    });
    return events.map(({ key }) => results.get(key));
  }

  /** Stores what fits one item each, in few requests. Returns the events that must be put one by one. */
  private async insertSmall(
    events: readonly PackedEvent[],
    results: Map<string, PutResult>,
  ): Promise<readonly PackedEvent[]> {
    const small = events.filter(({ body }) => body.chunks.length === 0);
    const left = events.filter(({ body }) => body.chunks.length > 0);
    const items = small.map(({ event, body }) => toEventItem(event, body.inline));
    const outcomes = await insertItems(this.dynamo, this.table, items);
    const known: PackedEvent[] = [];
    for (const [index, packed] of small.entries()) {
      const outcome = outcomes[index];
      if (outcome === 'inserted') results.set(packed.event.key, { kind: 'stored' });
      else if (outcome === 'exists') known.push(packed);
      else left.push(packed);
    }
    // Without them `put` asks for each, so nothing is lost when they cannot be read.
    const first = await this.items(known.map(({ event }) => event.key)).catch(() => new Map<string, Item>());
    await mapAtMost(EVENTS_AT_ONCE, known, async (packed) => {
      const { event } = packed;
      const item = first.get(event.key);
      const duplicate = item && (await this.duplicateOf(event, item).catch(() => undefined));
      if (duplicate === undefined) left.push(packed);
      else results.set(event.key, duplicate);
    });
    return left;
  }

  private async duplicateOf(event: NewEvent, first: Item): Promise<PutResult> {
    const record = fromEventItem(first);
    if (record.state === 'erased') return { kind: 'duplicate', state: 'erased', conflict: false };
    const conflict = !saysTheSame(event.text, await this.textOf(first, record.key));
    if (conflict && record.conflictAt === undefined) {
      await this.dynamo.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: { pk: S(eventPk(event.key)), sk: S(EVENT_SK) },
          UpdateExpression: 'SET cf = if_not_exists(cf, :at)',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':at': N(event.receivedAt) },
        }),
      );
    }
    return { kind: 'duplicate', state: record.state, conflict };
  }

  /** The records of these keys, consistently read; what is not stored, or has been erased, is missing from the answer. */
  async records(keys: Iterable<string>): Promise<Map<string, EventRecord>> {
    const items = await this.items(keys);
    const records = [...items].map(([key, item]) => [key, fromEventItem(item)] as const);
    return new Map(records.filter(([, { state }]) => state !== 'erased'));
  }

  /**
   * The items of these keys. Reading is apart from interpreting, so that one damaged item does not take a whole batch
   * with it: see `open`.
   */
  async items(keys: Iterable<string>): Promise<Map<string, Item>> {
    const items = await batchGet(
      this.dynamo,
      this.table,
      [...new Set(keys)].map((key) => ({ pk: S(eventPk(key)), sk: S(EVENT_SK) })),
    );
    return new Map(items.map((item) => [(item['pk']?.S ?? '').slice(eventPk('').length), item]));
  }

  /** The event behind an item, body included. Throws DamagedItemError when it cannot be read. */
  async open(item: Item): Promise<{ readonly record: EventRecord; readonly event: StoredEvent }> {
    const record = fromEventItem(item);
    const body = bodyOf(item);
    // Nearly every body is in the item; waiting for nothing, hundreds of times a batch, would cost.
    const text = 'deflated' in body ? inflateBody(body.deflated) : await this.textInParts(body, record.key);
    return { record, event: toStoredEvent(record, text) };
  }

  async get(eventKey: string): Promise<Item | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: S(eventPk(eventKey)), sk: S(EVENT_SK) },
        ConsistentRead: true,
      }),
    );
    return item;
  }

  private async textOf(item: Item, eventKey: string): Promise<string> {
    const body = bodyOf(item);
    return 'deflated' in body ? inflateBody(body.deflated) : await this.textInParts(body, eventKey);
  }

  private async textInParts(body: BodyParts, eventKey: string): Promise<string> {
    const chunks = await batchGet(
      this.dynamo,
      this.table,
      Array.from({ length: body.chunks }, (_, index) => ({
        pk: S(eventPk(eventKey)),
        sk: S(chunkSk(body.digest, index)),
      })),
    );
    if (chunks.length !== body.chunks)
      throw new DamagedItemError('A part of the stored body of an event is missing.');
    chunks.sort((left, right) => ((left['sk']?.S ?? '') < (right['sk']?.S ?? '') ? -1 : 1));
    return inflateBody(Buffer.concat(chunks.map((chunk) => readB(chunk, 'b'))));
  }
}

/** What the parts of a body are named after. */
export const bodyDigest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 22);

const bodyItemsOf = ({ key, text }: NewEvent): BodyItems => toBodyItems(key, text, () => bodyDigest(text));

const MEANING = ['type', 'userId', 'event', 'properties', 'traits'].map(fieldLookup);

/**
 * Whether two bodies mean the same. What legitimately differs between deliveries of one event is left out: sentAt changes
 * with every retry of an SDK, receivedAt and _metadata with every route through Segment.
 */
function saysTheSame(left: string, right: string): boolean {
  if (left === right) return true;
  const [a, b] = [parseJson(left), parseJson(right)];
  if (!a.ok || !b.ok || !isJsonObject(a.value) || !isJsonObject(b.value)) return false;
  const [first, second] = [a.value, b.value];
  try {
    return MEANING.every((field) => isDeepStrictEqual(field(first), field(second)));
  } catch {
    return false; // nested too deep to compare: the texts differ, so say so
  }
}
