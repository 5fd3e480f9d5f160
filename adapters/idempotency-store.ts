import {
  ConditionalCheckFailedException,
  PutItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AskedChange } from './asked-change.ts';
import { B, N, readB, readN, readOptionalS, readS, S, type Item } from './attributes.ts';
import { secretHashOf } from './keys.ts';

// What became of requests that carry an Idempotency-Key (docs/decisions/0037-one-effect-per-idempotency-key.md). A key is
// taken by one conditional write before its request does anything, so that of any number of requests one runs. Its answer
// is added to the item afterwards, for a day. A request that failed releases its key: the next with the same key takes it
// over, under the same change, so that what the first may have made all the same is recognised.
//
// `by` names the attempt that has the key, and no two attempts have one name. Every later write has the condition that its
// attempt, or the one that it takes over from, still has the key. So a write that arrives late, or a second time, does this:
// - a take: nothing, when the item is there, and nothing, when another took over from the same attempt. If nobody did, the
//   key is held by an attempt that has long given up: nobody runs, and after a minute the outcome is called unknown.
// - a release or an answer: nothing, when another attempt has taken over. An attempt that was released never runs again, so
//   it has nothing to answer, and a second release changes nothing.
// What an attempt has sent to other stores may arrive late as well, beside the one that took over: they see to it that a
// change of one id is made once (config-commit.ts and the other users of AskedChange).

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
  | { readonly kind: 'taken'; readonly attempt: string; readonly change: AskedChange }
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
      const item = {
        ...keyOf(request),
        fp: S(request.fingerprint),
        by: S(attempt),
        at: N(now),
        // Of the first attempt: these stay.
        ch: S(attempt),
        fa: N(now),
        ttl: N(secondsOf(now) + IDEMPOTENCY_KEPT_HOURS * 3_600),
      };
      const before = await this.write(
        new PutItemCommand({
          TableName: this.table,
          Item: item,
          // DynamoDB removes what has expired only some time later.
          ConditionExpression: 'attribute_not_exists(pk) OR #ttl <= :now',
          ExpressionAttributeNames: { '#ttl': 'ttl' },
          ExpressionAttributeValues: { ':now': N(secondsOf(now)) },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      if (before === undefined) return ours(item, attempt);
      const taken = takenBefore(before, request.fingerprint, attempt, now);
      return taken === 'released' ? await this.takeOver(request, before, attempt, now) : taken;
    } catch (error) {
      // It may have been written all the same, with its reply lost; nothing has been done yet, so it may be sent again.
      await this.release(request, attempt).catch(() => undefined);
      throw error;
    }
  }

  /** Of two at once, one: the other finds that it is not `before` any more who had the key. */
  private async takeOver(
    request: IdempotentRequest,
    before: Item,
    attempt: string,
    now: number,
  ): Promise<Taken> {
    const after = await this.write(
      new UpdateItemCommand({
        TableName: this.table,
        Key: keyOf(request),
        UpdateExpression: 'SET #by = :attempt, #at = :now REMOVE rl',
        ConditionExpression: '#by = :before',
        ExpressionAttributeNames: { '#by': 'by', '#at': 'at' },
        ExpressionAttributeValues: {
          ':attempt': S(attempt),
          ':now': N(now),
          ':before': S(readS(before, 'by')),
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    if (after === undefined) return ours(before, attempt);
    const taken = takenBefore(after, request.fingerprint, attempt, now);
    // Released again by now: whoever comes back a moment later takes it over.
    return taken === 'released' ? { kind: 'running' } : taken;
  }

  /** What every later request with this key is answered with. */
  async keep(request: IdempotentRequest, attempt: string, answer: KeptAnswer): Promise<void> {
    const body = answer.text === undefined ? undefined : deflateRawSync(answer.text);
    const isKept = body !== undefined && body.byteLength <= ANSWER_BYTES_MAX;
    // Of an item that is no longer ours, because it had expired, nothing is changed.
    await this.write(
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

  /** The request may be sent again under the same key, and runs then, as an attempt at the same change. */
  async release(request: IdempotentRequest, attempt: string): Promise<void> {
    await this.write(
      new UpdateItemCommand({
        TableName: this.table,
        Key: keyOf(request),
        UpdateExpression: 'SET rl = :yes',
        ConditionExpression: '#by = :attempt',
        ExpressionAttributeNames: { '#by': 'by' },
        ExpressionAttributeValues: { ':attempt': S(attempt), ':yes': N(1) },
      }),
    );
  }

  /** Undefined when it was written; otherwise nothing was, and this is there: empty where nothing is, or nobody asked. */
  private async write(command: PutItemCommand | UpdateItemCommand): Promise<Item | undefined> {
    try {
      await (command instanceof PutItemCommand ? this.dynamo.send(command) : this.dynamo.send(command));
      return undefined;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return error.Item ?? {};
      throw error;
    }
  }
}

const ours = (item: Item, attempt: string): Taken => {
  const id = readS(item, 'ch');
  return { kind: 'taken', attempt, change: { id, at: readN(item, 'fa'), isRepeated: id !== attempt } };
};

function takenBefore(item: Item, fingerprint: string, attempt: string, now: number): Taken | 'released' {
  // Gone meanwhile: whoever comes back finds the key free.
  if (item['by'] === undefined) return { kind: 'running' };
  // Our own write, whose reply was lost, and which the client sent again.
  if (readS(item, 'by') === attempt) return ours(item, attempt);
  if (readS(item, 'fp') !== fingerprint) return { kind: 'other_request' };
  if (item['rl'] !== undefined) return 'released';
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
