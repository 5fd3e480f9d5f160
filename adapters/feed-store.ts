import { randomUUID } from 'node:crypto';
import { PutItemCommand, QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { N, readN, readS, S } from './attributes.ts';

// The live feed: short traces of requests, so that a person who is connecting Segment can see why an event was refused.
// A trace holds codes and counts, never anything that the sender wrote.

const PK = 'feed';
const KEPT_SECONDS = 7 * 24 * 3600;

const rejectionSchema = z.object({ code: z.string(), message: z.string(), count: z.number() });
export type FeedRejection = z.infer<typeof rejectionSchema>;

export interface FeedEntry {
  readonly at: number;
  readonly dialect: string;
  /** Absent when the request carried no valid key. */
  readonly apiKeyId?: string;
  readonly rejections: readonly FeedRejection[];
}

export class FeedStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async add(entry: FeedEntry): Promise<void> {
    await this.dynamo.send(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          pk: S(PK),
          sk: S(`${String(entry.at).padStart(13, '0')}#${randomUUID()}`),
          ttl: N(Math.floor(entry.at / 1000) + KEPT_SECONDS),
          at: N(entry.at),
          di: S(entry.dialect),
          ...(entry.apiKeyId !== undefined && { ak: S(entry.apiKeyId) }),
          rj: S(JSON.stringify(entry.rejections)),
        },
      }),
    );
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
    return (answer.Items ?? []).map((item) => ({
      at: readN(item, 'at'),
      dialect: readS(item, 'di'),
      ...(item['ak'] !== undefined && { apiKeyId: readS(item, 'ak') }),
      rejections: z.parse(z.array(rejectionSchema), JSON.parse(readS(item, 'rj'))),
    }));
  }
}
