import { randomUUID } from 'node:crypto';
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  type _Record as StreamRecord,
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { reasonOf } from '../caught.ts';
import type { Outcome } from '../functions/execution-environment.ts';
import type { FunctionPool } from '../functions/function-pool.ts';
import { arnOf } from '../local-account.ts';
import type { LogSink } from '../log.ts';
import type { StreamMappingPlan, TablePlan } from '../template/plan.ts';
import { type EventSource, pause } from './event-source.ts';
import { batchVerdictOf } from './partial-batch-response.ts';
import type { StreamPositions } from './stream-positions.ts';
import { toStreamEventRecord } from './stream-record.ts';

// An event-source mapping of a DynamoDB stream: records in order, one batch at a time, tried again until they are handled
// or given up as the mapping says (age, attempts, halves), in which case the on-failure queue is told and reading goes on.

interface StreamSourceOptions {
  readonly mapping: StreamMappingPlan;
  readonly table: TablePlan;
  readonly functionName: string;
  readonly functionArn: string;
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  readonly onFailure: { readonly client: SQSClient; readonly queueUrl: string } | undefined;
  readonly pool: FunctionPool;
  readonly positions: StreamPositions;
  readonly log: LogSink;
}

/** Lambda's own base rate is four polls per second and shard. */
const POLL_MS = 250;
const ERROR_PAUSE_MS = 500;
const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 30_000;

interface Reading {
  readonly streamArn: string;
  shardId: string;
  iterator: string;
}

interface Delivery {
  readonly record: StreamRecord;
  readonly event: Readonly<Record<string, unknown>>;
  readonly sequenceNumber: string;
}

export function startStreamSource(options: StreamSourceOptions): EventSource {
  const stopping = new AbortController();
  const ended = new StreamSource(options, stopping.signal).run();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

class StreamSource {
  private readonly options: StreamSourceOptions;
  private readonly signal: AbortSignal;
  private readonly eventSourceArn: string;
  private failing = false;

  constructor(options: StreamSourceOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
    this.eventSourceArn = arnOf('dynamodb', `table/${options.table.name}/stream/local`);
  }

  async run(): Promise<void> {
    while (!this.signal.aborted) {
      try {
        await this.read();
      } catch (error) {
        // The engine is away, or the iterator is too old: begin again at the last position.
        if (this.signal.aborted) return;
        if (!this.failing) {
          const reason = reasonOf(error);
          const text = `Cannot read the stream of ${this.options.table.name} for now: ${reason}`;
          this.options.log({ source: 'runtime', level: 'debug', text });
        }
        this.failing = true;
        await pause(ERROR_PAUSE_MS, this.signal);
      }
    }
  }

  private async read(): Promise<void> {
    const { mapping, positions, streams } = this.options;
    const reading = await this.begin();
    while (!this.signal.aborted) {
      const { records, next } = await this.gather(reading.iterator);
      this.failing = false;
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (last !== undefined) {
        const wanted = records.flatMap((record) => this.toDelivery(record) ?? []);
        const handled = wanted.length === 0 || (await this.deliver(wanted));
        if (!handled) return;
        const { streamArn, shardId } = reading;
        positions.set(mapping.logicalId, { streamArn, shardId, sequenceNumber: last });
      }
      if (next !== undefined) {
        reading.iterator = next;
      } else {
        const following = await this.shardAfter(reading);
        if (following === undefined) {
          await pause(POLL_MS, this.signal);
          return;
        }
        reading.shardId = following;
        reading.iterator = await iteratorAt(streams, reading.streamArn, following, 'TRIM_HORIZON');
      }
      if (last === undefined) await pause(POLL_MS, this.signal);
    }
  }

  private async begin(): Promise<Reading> {
    const { mapping, table, dynamodb, streams, positions } = this.options;
    const described = await dynamodb.send(new DescribeTableCommand({ TableName: table.name }));
    const streamArn = described.Table?.LatestStreamArn;
    if (streamArn === undefined) throw new Error('the table has no stream');
    const position = positions.get(mapping.logicalId, streamArn);
    if (position !== undefined) {
      const { shardId, sequenceNumber } = position;
      try {
        return {
          streamArn,
          shardId,
          iterator: await iteratorAfter(streams, streamArn, shardId, sequenceNumber),
        };
      } catch (error) {
        if (!(error instanceof TrimmedDataAccessException)) throw error;
      }
    }
    const shards = await this.shardIds(streamArn);
    const shardId = mapping.startAtLatest ? shards.at(-1) : shards[0];
    if (shardId === undefined) throw new Error('the stream has no shard');
    const from = mapping.startAtLatest ? 'LATEST' : 'TRIM_HORIZON';
    return { streamArn, shardId, iterator: await iteratorAt(streams, streamArn, shardId, from) };
  }

  /** Up to a batch, waiting for more for as long as the mapping's window, once there is something. */
  private async gather(first: string): Promise<{ records: StreamRecord[]; next: string | undefined }> {
    const { batchSize, windowMs } = this.options.mapping;
    const records: StreamRecord[] = [];
    let next: string | undefined = first;
    let deadline = Infinity;
    while (next !== undefined) {
      const answer: GetRecordsCommandOutput = await this.options.streams.send(
        new GetRecordsCommand({ ShardIterator: next, Limit: Math.min(1_000, batchSize - records.length) }),
        { abortSignal: this.signal },
      );
      const received = answer.Records ?? [];
      next = answer.NextShardIterator;
      if (records.length === 0 && received.length > 0) deadline = performance.now() + windowMs;
      records.push(...received);
      const leftMs = deadline - performance.now();
      if (records.length === 0 || records.length >= batchSize || leftMs <= 0 || this.signal.aborted) break;
      if (received.length === 0) await pause(Math.min(leftMs, POLL_MS), this.signal);
    }
    return { records, next };
  }

  private toDelivery(record: StreamRecord): Delivery | undefined {
    const sequenceNumber = record.dynamodb?.SequenceNumber;
    if (sequenceNumber === undefined) return undefined;
    const event = toStreamEventRecord(record, this.eventSourceArn);
    const { filters } = this.options.mapping;
    const wanted = filters.length === 0 || filters.some((matches) => matches(event));
    return wanted ? { record, event, sequenceNumber } : undefined;
  }

  /** False: the runtime stops before the records are handled, so they must come again. */
  private async deliver(batch: readonly Delivery[]): Promise<boolean> {
    const { mapping } = this.options;
    let left = batch;
    for (let failures = 0; ;) {
      const [young, old] = this.byAge(left);
      if (old.length > 0) await this.giveUp(old, 'RecordAgeExceeded', failures);
      left = young;
      if (left.length === 0) return true;
      const remaining = await this.attempt(left);
      if (remaining.length === 0) return true;
      if (this.signal.aborted) return false;
      const progressed = remaining.length < left.length;
      left = remaining;
      if (mapping.bisect && left.length > 1 && !progressed) {
        const middle = Math.ceil(left.length / 2);
        return (await this.deliver(left.slice(0, middle))) && (await this.deliver(left.slice(middle)));
      }
      failures += 1;
      if (failures > mapping.retriesMax) {
        await this.giveUp(left, 'RetryAttemptsExhausted', failures);
        return true;
      }
      await pause(Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_LONGEST_MS), this.signal);
      if (this.signal.aborted) return false;
    }
  }

  /** Returns what is still to do. */
  private async attempt(batch: readonly Delivery[]): Promise<readonly Delivery[]> {
    const { pool, mapping, functionName, log } = this.options;
    let outcome: Outcome;
    try {
      outcome = await pool.invoke({ Records: batch.map(({ event }) => event) });
    } catch {
      return batch;
    }
    if (!outcome.ok) {
      const { errorType, errorMessage } = outcome.error;
      const text = `${functionName} failed on ${batch.length} stream records (${errorType}: ${errorMessage}).`;
      if (errorType !== 'Runtime.Stopping') log({ source: 'runtime', level: 'warn', text });
      return batch;
    }
    if (!mapping.partialResponses) return [];
    const verdict = batchVerdictOf(
      outcome.payload,
      batch.map(({ sequenceNumber }) => sequenceNumber),
    );
    if (verdict.failed === 'none') return [];
    if (verdict.failed === 'all') return batch;
    // Records are in order: everything from the first failure on is tried again.
    const { failed } = verdict;
    return batch.slice(batch.findIndex(({ sequenceNumber }) => failed.has(sequenceNumber)));
  }

  private byAge(batch: readonly Delivery[]): [young: readonly Delivery[], old: readonly Delivery[]] {
    const { recordAgeMaxMs } = this.options.mapping;
    if (recordAgeMaxMs === Infinity) return [batch, []];
    const isOld = ({ record }: Delivery): boolean =>
      Date.now() - (record.dynamodb?.ApproximateCreationDateTime?.getTime() ?? Infinity) > recordAgeMaxMs;
    return [batch.filter((delivery) => !isOld(delivery)), batch.filter(isOld)];
  }

  private async giveUp(batch: readonly Delivery[], condition: string, invokeCount: number): Promise<void> {
    const { onFailure, functionName, functionArn, log } = this.options;
    const text = `${functionName} could not handle ${batch.length} stream records, which are given up (${condition}).`;
    log({ source: 'runtime', level: 'warn', text });
    if (onFailure === undefined) return;
    const arrivalOf = (delivery: Delivery | undefined): string | undefined =>
      delivery?.record.dynamodb?.ApproximateCreationDateTime?.toISOString();
    const body = {
      requestContext: {
        requestId: randomUUID(),
        functionArn,
        condition,
        approximateInvokeCount: invokeCount,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: new Date().toISOString(),
      DDBStreamBatchInfo: {
        shardId: 'local',
        startSequenceNumber: batch[0]?.sequenceNumber,
        endSequenceNumber: batch.at(-1)?.sequenceNumber,
        approximateArrivalOfFirstRecord: arrivalOf(batch[0]),
        approximateArrivalOfLastRecord: arrivalOf(batch.at(-1)),
        batchSize: batch.length,
        streamArn: this.eventSourceArn,
      },
    };
    const { client, queueUrl } = onFailure;
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(body) }));
  }

  private async shardAfter({ streamArn, shardId }: Reading): Promise<string | undefined> {
    const shards = await this.shardIds(streamArn);
    return shards[shards.indexOf(shardId) + 1];
  }

  private async shardIds(streamArn: string): Promise<string[]> {
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const { StreamDescription: description } = await this.options.streams.send(
        new DescribeStreamCommand({
          StreamArn: streamArn,
          ...(after === undefined ? {} : { ExclusiveStartShardId: after }),
        }),
      );
      ids.push(...(description?.Shards ?? []).flatMap(({ ShardId }) => ShardId ?? []));
      after = description?.LastEvaluatedShardId;
    } while (after !== undefined);
    return ids;
  }
}

async function iteratorAt(
  streams: DynamoDBStreamsClient,
  streamArn: string,
  shardId: string,
  from: 'TRIM_HORIZON' | 'LATEST',
): Promise<string> {
  return await iterator(
    streams,
    new GetShardIteratorCommand({ StreamArn: streamArn, ShardId: shardId, ShardIteratorType: from }),
  );
}

async function iteratorAfter(
  streams: DynamoDBStreamsClient,
  streamArn: string,
  shardId: string,
  sequenceNumber: string,
): Promise<string> {
  return await iterator(
    streams,
    new GetShardIteratorCommand({
      StreamArn: streamArn,
      ShardId: shardId,
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      SequenceNumber: sequenceNumber,
    }),
  );
}

async function iterator(streams: DynamoDBStreamsClient, command: GetShardIteratorCommand): Promise<string> {
  const { ShardIterator } = await streams.send(command);
  if (ShardIterator === undefined) throw new Error('the engine gave no shard iterator');
  return ShardIterator;
}
