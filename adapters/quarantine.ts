import { randomUUID } from 'node:crypto';
import {
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { spread } from '../core/unmapped-group.ts';
import { readS, S } from './attributes.ts';
import { pause } from './backoff.ts';
import { QUARANTINE_SHARDS, quarantinePk } from './commit-plan.ts';
import { TRANSACTION_ITEMS_MAX } from './planned-item.ts';
import { EVENT_SK, eventPk, timelineKey, type EventRecord } from './event-item.ts';
import { fromStoredOutcome } from './event-outcome.ts';
import type { EventQueue } from './event-queue.ts';
import type { EventStore } from './event-store.ts';
import { markerPut, type RetryMarkers } from './retry-markers.ts';

// Quarantined events, and sending them back to be processed (redrive).
//
// The event's way back to `received`, the removal of its row, and a retry marker with its key are one transaction. So
// whenever an event is received again, it is certain that somebody sends its key to the queue: this call, right after, or
// the timer, which finds the marker if this call dies. The marker goes when SQS has taken the keys. The other orders lose
// or strand events: sent first, process may look before the event is received again, and drop the message; the marker
// first, the timer may use it up before the event is received again; the marker last, a crash leaves none.

export interface Redriven {
  readonly redriven: number;
  /** Of the events that were named, those that are not quarantined: unknown, or redriven by somebody else. */
  readonly skipped: number;
}

/** Two items an event, and the marker. */
const EVENTS_PER_TRANSACTION = Math.floor((TRANSACTION_ITEMS_MAX - 1) / 2);
const RETRIES_MAX = 8;

export interface QuarantineTables {
  readonly events: string;
  readonly operations: string;
}

export class Quarantine {
  private readonly dynamo: DynamoDBClient;
  private readonly tables: QuarantineTables;
  private readonly events: EventStore;
  private readonly markers: RetryMarkers;
  private readonly queue: Pick<EventQueue, 'send'>;

  constructor(
    dynamo: DynamoDBClient,
    tables: QuarantineTables,
    parts: {
      readonly events: EventStore;
      readonly markers: RetryMarkers;
      readonly queue: Pick<EventQueue, 'send'>;
    },
  ) {
    this.dynamo = dynamo;
    this.tables = tables;
    this.events = parts.events;
    this.markers = parts.markers;
    this.queue = parts.queue;
  }

  /** How many events are quarantined; counted up to about `max`. */
  async count(max: number): Promise<number> {
    const perPartition = Math.ceil(max / QUARANTINE_SHARDS);
    const counts = await Promise.all(PARTITIONS.map((pk) => this.rows(pk, perPartition)));
    return counts.flat().length;
  }

  /** Keys of quarantined events, oldest arrival first within each partition. */
  async keys(limit: number): Promise<readonly string[]> {
    const rows = await Promise.all(PARTITIONS.map((pk) => this.rows(pk, limit)));
    return rows
      .flat()
      .sort()
      .slice(0, limit)
      .map((row) => row.slice(14));
  }

  /** Sends these events back, where they are quarantined. Doing it again changes nothing. */
  async redrive(keys: readonly string[], by: string, now: number): Promise<Redriven> {
    const unique = [...new Set(keys)];
    let redriven = 0;
    for (let start = 0; start < unique.length; start += EVENTS_PER_TRANSACTION) {
      redriven += await this.redriveSome(unique.slice(start, start + EVENTS_PER_TRANSACTION), by, now);
    }
    return { redriven, skipped: unique.length - redriven };
  }

  private async redriveSome(keys: readonly string[], by: string, now: number): Promise<number> {
    const markerId = randomUUID();
    for (let attempt = 0; ; attempt += 1) {
      const records = await this.events.records(keys);
      const waiting = [...records.values()].filter(({ state }) => state === 'quarantined');
      if (waiting.length === 0) return 0;
      try {
        await this.dynamo.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              ...waiting.flatMap((record) => this.wayBack(record, by, now)),
              markerPut(
                this.tables.operations,
                markerId,
                waiting.map(({ key }) => key),
              ),
            ],
          }),
        );
      } catch (error) {
        // Somebody else redrives, or erases, one of them: nothing was written; look again.
        if (!(error instanceof TransactionCanceledException) || attempt === RETRIES_MAX) throw error;
        await pause(attempt + 1);
        continue;
      }
      const unsent = await this.queue.send(waiting.map(({ key }) => key));
      // What SQS did not take, the timer sends: the marker stays.
      if (unsent.length === 0) await this.markers.remove(markerId);
      return waiting.length;
    }
  }

  private wayBack(record: EventRecord, by: string, now: number): TransactWriteItem[] {
    const error = record.outcome === undefined ? undefined : fromStoredOutcome(record.outcome).error;
    return [
      {
        Update: {
          TableName: this.tables.events,
          Key: { pk: S(eventPk(record.key)), sk: S(EVENT_SK) },
          UpdateExpression: 'SET st = :received, rd = :rd REMOVE o',
          ConditionExpression: 'st = :quarantined',
          ExpressionAttributeValues: {
            ':received': S('received'),
            ':quarantined': S('quarantined'),
            ':rd': S(JSON.stringify({ at: now, by, ...(error !== undefined && { error }) })),
          },
        },
      },
      {
        Delete: {
          TableName: this.tables.events,
          Key: {
            pk: S(quarantinePk(spread(record.key, QUARANTINE_SHARDS))),
            sk: S(timelineKey(record.receivedAt, record.key)),
          },
        },
      },
    ];
  }

  private async rows(pk: string, limit: number): Promise<readonly string[]> {
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.tables.events,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(pk) },
        ProjectionExpression: 'sk',
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return (answer.Items ?? []).map((item) => readS(item, 'sk'));
  }
}

const PARTITIONS = Array.from({ length: QUARANTINE_SHARDS }, (_, shard) => quarantinePk(shard));
