import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { digitsOf, type AskedChange } from './asked-change.ts';
import { N, readN, readOneOf, readOptionalN, readOptionalS, readS, S, type Item } from './attributes.ts';

// Reconciliations: what was asked for, how far it is, what it found. A run works through parts of the rows, one after the
// other; a part that is done moves the item on under a condition, so that a message that is delivered twice repeats
// nothing.

const PK = 'reconciliations';
const KEPT_SECONDS = 90 * 24 * 3600;
/** Differences that are kept in full. All are counted. */
export const DIFFERENCES_KEPT = 500;

const amountSchema = z.object({ sum: z.string(), count: z.number() });
const differenceSchema = z.object({
  userId: z.optional(z.string()),
  featureId: z.string(),
  day: z.string(),
  hour: z.optional(z.number()),
  stored: amountSchema,
  expected: amountSchema,
});
export type FoundDifference = z.infer<typeof differenceSchema>;

/** Sorts like the time; the same in every attempt. */
export const reconciliationIdOf = (asked: AskedChange): string =>
  `rec_${String(asked.at).padStart(13, '0')}_${digitsOf(asked, 12)}`;

export const isReconciliationId = (text: string): boolean => /^rec_\d{13}_[0-9a-f]{12}$/.test(text);

export interface Reconciliation {
  readonly id: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly startedAt: number;
  readonly startedBy: string;
  readonly updatedAt: number;
  readonly finishedAt?: number;
  readonly error?: string;
  /** The part that is worked on, and how many there are; undefined before they have been counted. */
  readonly part: number;
  readonly parts?: number;
  /** Items of the Events table. */
  readonly scanned: number;
  /** Events whose outcome cannot be read. */
  readonly unreadable: number;
  readonly differenceCount: number;
  readonly differences: readonly FoundDifference[];
  /** Amounts that kept moving. */
  readonly unsettled: number;
}

export interface PartResult {
  readonly parts: number;
  readonly scanned: number;
  readonly unreadable: number;
  readonly differences: readonly FoundDifference[];
  readonly unsettled: number;
}

export class ReconciliationStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async start(id: string, by: string, now: number): Promise<Reconciliation> {
    const started: Reconciliation = {
      id,
      status: 'running',
      startedAt: now,
      startedBy: by,
      updatedAt: now,
      part: 0,
      scanned: 0,
      unreadable: 0,
      differenceCount: 0,
      differences: [],
      unsettled: 0,
    };
    await this.dynamo.send(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          pk: S(PK),
          sk: S(id),
          st: S('running'),
          sa: N(now),
          by: S(by),
          up: N(now),
          pt: N(0),
          tr: N(0),
          sc: N(0),
          ur: N(0),
          dc: N(0),
          us: N(0),
          d: S('[]'),
          ttl: N(Math.floor(now / 1000) + KEPT_SECONDS),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return started;
  }

  async get(id: string): Promise<Reconciliation | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { pk: S(PK), sk: S(id) }, ConsistentRead: true }),
    );
    return item === undefined ? undefined : fromItem(item);
  }

  /** The newest first. */
  async list(limit: number): Promise<readonly Reconciliation[]> {
    const found: Reconciliation[] = [];
    let from: Item | undefined;
    // Several requests where items with many differences fill a page of 1 MB before the limit is reached.
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': S(PK) },
          ScanIndexForward: false,
          ConsistentRead: true,
          Limit: limit - found.length,
          ...(from !== undefined && { ExclusiveStartKey: { ...from } }),
        }),
      );
      found.push(...(answer.Items ?? []).map(fromItem));
      from = answer.LastEvaluatedKey;
    } while (from !== undefined && found.length < limit);
    return found;
  }

  /** Notes that somebody works on the part; returns how many have by now. Undefined: somebody else has done it. */
  async begin(run: Reconciliation, now: number): Promise<number | undefined> {
    const moved = await this.move(run, 'SET up = :now ADD tr :one', { ':now': N(now), ':one': N(1) });
    return moved === undefined ? undefined : readN(moved, 'tr');
  }

  /** Adds what a part found, and goes on to the next; the last part ends the run. Undefined: somebody else did it. */
  async finishPart(
    run: Reconciliation,
    result: PartResult,
    now: number,
  ): Promise<Reconciliation | undefined> {
    const kept = [...run.differences, ...result.differences].slice(0, DIFFERENCES_KEPT);
    const isLast = run.part + 1 >= result.parts;
    const sets = 'pt = :next, pn = :parts, tr = :none, up = :now, d = :d, st = :st, sc = :sc, ur = :ur';
    const moved = await this.move(run, `SET ${sets} ADD dc :dc, us :us`, {
      ':next': N(run.part + 1),
      ':parts': N(result.parts),
      ':now': N(now),
      ':d': S(JSON.stringify(kept)),
      ':st': S(isLast ? 'done' : 'running'),
      ':none': N(0),
      ':sc': N(Math.max(run.scanned, result.scanned)),
      ':ur': N(Math.max(run.unreadable, result.unreadable)),
      ':dc': N(result.differences.length),
      ':us': N(result.unsettled),
    });
    return moved === undefined ? undefined : fromItem(moved);
  }

  async fail(run: Reconciliation, error: string, now: number): Promise<void> {
    await this.move(run, 'SET st = :st, er = :er, up = :now', {
      ':st': S('failed'),
      ':er': S(error),
      ':now': N(now),
    });
  }

  /** Only from where the run was read. */
  private async move(run: Reconciliation, update: string, values: Item): Promise<Item | undefined> {
    try {
      const { Attributes: item } = await this.dynamo.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: { pk: S(PK), sk: S(run.id) },
          UpdateExpression: update,
          ConditionExpression: 'st = :running AND pt = :part',
          ExpressionAttributeValues: { ...values, ':running': S('running'), ':part': N(run.part) },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return item;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }
}

function fromItem(item: Item): Reconciliation {
  const parts = readOptionalN(item, 'pn');
  const error = readOptionalS(item, 'er');
  const status = readOneOf(item, 'st', ['running', 'done', 'failed']);
  const updatedAt = readN(item, 'up');
  return {
    id: readS(item, 'sk'),
    status,
    startedAt: readN(item, 'sa'),
    startedBy: readS(item, 'by'),
    updatedAt,
    ...(status !== 'running' && { finishedAt: updatedAt }),
    ...(error !== undefined && { error }),
    part: readN(item, 'pt'),
    ...(parts !== undefined && { parts }),
    scanned: readN(item, 'sc'),
    unreadable: readN(item, 'ur'),
    differenceCount: readN(item, 'dc'),
    differences: z.parse(z.array(differenceSchema), JSON.parse(readS(item, 'd'))),
    unsettled: readN(item, 'us'),
  };
}
