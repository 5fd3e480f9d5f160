import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { B, N, readB, readN, readOptionalS, readS, S, type Item } from './attributes.ts';
import { secretHashOf } from './keys.ts';

// What became of requests that carry an Idempotency-Key (docs/decisions/0037-one-effect-per-idempotency-key.md). A key is
// taken by one conditional write before its request does anything, so that of any number of requests one runs. Its answer
// is added to the item afterwards, for a day.

export const IDEMPOTENCY_KEPT_HOURS = 24;
/** Twice as long as the function may run: who has not answered by then never will. */
const RUNNING_MS_MAX = 60_000;
/** Deflated. No change of today comes near: the 500 verdicts of an uploaded file are some 10 KB. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** A request, as far as it matters whether it is the same one. */
export interface IdempotentRequest {
  readonly callerId: string;
  readonly key: string;
  /** A hash of all that decides what the request does. */
  readonly fingerprint: string;
}

export interface KeptAnswer {
  readonly status: number;
  /** Empty for an answer without a body. */
  readonly contentType: string;
  /** Undefined when it is not kept. */
  readonly text: string | undefined;
}

export type Taken =
  /** Ours: do it, then `keep` or `release`. */
  | { readonly kind: 'taken'; readonly attempt: string }
  | { readonly kind: 'running' }
  /** It began and was cut off: nobody knows whether it has had its effect. */
  | { readonly kind: 'broken_off' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** The key belongs to a request that says something else. */
  | { readonly kind: 'other_request' };

// The caller's id holds no space, so no two pairs make one text.
const keyOf = ({ callerId, key }: IdempotentRequest) => ({
  pk: S(`idem#${secretHashOf(`${callerId} ${key}`)}`),
  sk: S('i'),
});

export class IdempotencyStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async take(request: IdempotentRequest, now: number): Promise<Taken> {
    const attempt = randomUUID();
    try {
      await this.dynamo.send(
        new PutItemCommand({
          TableName: this.table,
          Item: {
            ...keyOf(request),
            fp: S(request.fingerprint),
            by: S(attempt),
            at: N(now),
            ttl: N(secondsOf(now) + IDEMPOTENCY_KEPT_HOURS * 3_600),
          },
          // DynamoDB removes what has expired only some time later.
          ConditionExpression: 'attribute_not_exists(pk) OR #ttl <= :now',
          ExpressionAttributeNames: { '#ttl': 'ttl' },
          ExpressionAttributeValues: { ':now': N(secondsOf(now)) },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { kind: 'taken', attempt };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException && error.Item !== undefined)
        return takenBefore(error.Item, request.fingerprint, attempt, now);
      // It may have been written all the same, with its reply lost; nothing has been done yet, so it may be sent again.
      await this.release(request, attempt).catch(() => undefined);
      throw error;
    }
  }

  /** What every later request with this key is answered with. */
  async keep(request: IdempotentRequest, attempt: string, answer: KeptAnswer): Promise<void> {
    const body = answer.text === undefined ? undefined : deflateRawSync(answer.text);
    const isKept = body !== undefined && body.byteLength <= ANSWER_BYTES_MAX;
    await this.unlessLost(
      new UpdateItemCommand({
        TableName: this.table,
        Key: keyOf(request),
        UpdateExpression: `SET sc = :status, ct = :type${isKept ? ', b = :body' : ''}`,
        ConditionExpression: '#by = :attempt',
        ExpressionAttributeNames: { '#by': 'by' },
        ExpressionAttributeValues: {
          ':attempt': S(attempt),
          ':status': N(answer.status),
          ':type': S(answer.contentType),
          ...(isKept && { ':body': B(body) }),
        },
      }),
    );
  }

  /** The request may be sent again under the same key, and runs then. */
  async release(request: IdempotentRequest, attempt: string): Promise<void> {
    await this.unlessLost(
      new DeleteItemCommand({
        TableName: this.table,
        Key: keyOf(request),
        ConditionExpression: '#by = :attempt',
        ExpressionAttributeNames: { '#by': 'by' },
        ExpressionAttributeValues: { ':attempt': S(attempt) },
      }),
    );
  }

  /** An item that is no longer ours, because it had expired or a lost reply had done the same, stays as it is. */
  private async unlessLost(command: UpdateItemCommand | DeleteItemCommand): Promise<void> {
    try {
      await (command instanceof UpdateItemCommand ? this.dynamo.send(command) : this.dynamo.send(command));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}

function takenBefore(item: Item, fingerprint: string, attempt: string, now: number): Taken {
  // Our own write, whose reply was lost, and which the client sent again.
  if (readS(item, 'by') === attempt) return { kind: 'taken', attempt };
  if (readS(item, 'fp') !== fingerprint) return { kind: 'other_request' };
  if (item['sc'] === undefined)
    return { kind: readN(item, 'at') + RUNNING_MS_MAX <= now ? 'broken_off' : 'running' };
  return {
    kind: 'answered',
    answer: {
      status: readN(item, 'sc'),
      contentType: readOptionalS(item, 'ct') ?? '',
      text: item['b'] === undefined ? undefined : inflateRawSync(readB(item, 'b')).toString('utf8'),
    },
  };
}

const secondsOf = (milliseconds: number): number => Math.ceil(milliseconds / 1000);
