import { randomUUID } from 'node:crypto';
import { PutItemCommand, QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { Dialect } from '../core/segment-event.ts';
import { N, readN, readOneOf, readOptionalN, readOptionalS, S, type Item } from './attributes.ts';

// The live feed: what was accepted and refused lately, so that a person who is connecting Segment can see it arrive or
// see why not. An entry holds codes, counts and keys of events, never anything that a sender wrote: who shows the feed
// looks the events up, so an erased user is gone from it too. (docs/decisions/0006-live-feed.md)

const PK = 'feed';
/** Rejections are read when something went wrong days ago; what was accepted is found among the events then. */
const REJECTIONS_KEPT_SECONDS = 7 * 24 * 3600;
const ACCEPTED_KEPT_SECONDS = 24 * 3600;
/** How far back one search for a refusal goes: some 800 KB of entries. */
const SEARCHED_PAGES_MAX = 4;
const ENTRIES_PER_SEARCHED_PAGE = 500;
/** The feed is a convenience: a request waits no longer for it. */
const PATIENCE_MS = 500;

const rejectionSchema = z.object({
  code: z.string(),
  message: z.string(),
  count: z.number(),
  /** Of messages that were refused, so that one of them can be asked for; not of all, where they are many. */
  keys: z.optional(z.array(z.string())),
});
export type FeedRejection = z.infer<typeof rejectionSchema>;

/** Why a message was refused. */
export interface FoundRejection extends Pick<FeedEntry, 'at' | 'dialect' | 'apiKeyId'> {
  readonly code: string;
  readonly message: string;
}

/** What one container took from one sender in a moment: one request, or all since its last entry. */
export interface FeedEntry {
  /** Arrival of the first and of the last request in it, epoch milliseconds. */
  readonly from: number;
  readonly at: number;
  readonly dialect: Dialect;
  /** Absent when the requests carried no valid key. */
  readonly apiKeyId?: string;
  readonly requests: number;
  /** Events stored for the first time. */
  readonly accepted: number;
  /** Events whose messageId was known. */
  readonly duplicates: number;
  /** Keys of accepted events. Fewer than `accepted` when there were too many to list them all. */
  readonly eventKeys: readonly string[];
  readonly rejections: readonly FeedRejection[];
}

export class FeedStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly patienceMs: number;

  constructor(dynamo: DynamoDBClient, table: string, patienceMs = PATIENCE_MS) {
    this.dynamo = dynamo;
    this.table = table;
    this.patienceMs = patienceMs;
  }

  async add(entry: FeedEntry): Promise<void> {
    const keptSeconds = entry.rejections.length > 0 ? REJECTIONS_KEPT_SECONDS : ACCEPTED_KEPT_SECONDS;
    await this.dynamo.send(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          pk: S(PK),
          sk: S(`${String(entry.at).padStart(13, '0')}#${randomUUID()}`),
          ttl: N(Math.floor(entry.at / 1000) + keptSeconds),
          fr: N(entry.from),
          at: N(entry.at),
          di: S(entry.dialect),
          ...(entry.apiKeyId !== undefined && { ak: S(entry.apiKeyId) }),
          nr: N(entry.requests),
          na: N(entry.accepted),
          ...(entry.duplicates > 0 && { nd: N(entry.duplicates) }),
          ...(entry.eventKeys.length > 0 && { ek: S(entry.eventKeys.join(',')) }),
          ...(entry.rejections.length > 0 && { rj: S(JSON.stringify(entry.rejections)) }),
        },
      }),
      { abortSignal: AbortSignal.timeout(this.patienceMs) },
    );
  }

  /** The latest refusal of the message with this key, among the latest entries. */
  async findRejection(eventKey: string): Promise<FoundRejection | undefined> {
    let from: Item | undefined;
    for (let page = 0; page < SEARCHED_PAGES_MAX; page += 1) {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk',
          // Keys have 22 characters that nothing else in the attribute can imitate.
          FilterExpression: 'contains(rj, :key)',
          ExpressionAttributeValues: { ':pk': S(PK), ':key': S(eventKey) },
          ScanIndexForward: false,
          Limit: ENTRIES_PER_SEARCHED_PAGE,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      for (const { at, dialect, apiKeyId, rejections } of (answer.Items ?? []).map(fromItem)) {
        const found = rejections.find(({ keys }) => keys?.includes(eventKey));
        if (found === undefined) continue;
        const { code, message } = found;
        return { at, dialect, ...(apiKeyId !== undefined && { apiKeyId }), code, message };
      }
      from = answer.LastEvaluatedKey;
      if (from === undefined) return undefined;
    }
    return undefined;
  }

  /** The newest entries first. */
  async latest(limit: number): Promise<readonly FeedEntry[]> {
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(PK) },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return (answer.Items ?? []).map(fromItem);
  }
}

function fromItem(item: Item): FeedEntry {
  const apiKeyId = readOptionalS(item, 'ak');
  return {
    from: readN(item, 'fr'),
    at: readN(item, 'at'),
    dialect: readOneOf(item, 'di', ['webhook', 'tracking']),
    ...(apiKeyId !== undefined && { apiKeyId }),
    requests: readN(item, 'nr'),
    accepted: readN(item, 'na'),
    duplicates: readOptionalN(item, 'nd') ?? 0,
    eventKeys: readOptionalS(item, 'ek')?.split(',') ?? [],
    rejections: z.parse(z.array(rejectionSchema), JSON.parse(readOptionalS(item, 'rj') ?? '[]')),
  };
}
