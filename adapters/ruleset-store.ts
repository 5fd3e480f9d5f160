import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  GetItemCommand,
  QueryCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { parseJson } from '../core/json-value.ts';
import {
  compileRuleset,
  EMPTY_SNAPSHOT,
  parseSnapshot,
  snapshotToJson,
  type Ruleset,
  type RulesetSnapshot,
} from '../core/ruleset.ts';
import { B, N, readB, readN, readOptionalS, S, type Item } from './attributes.ts';

// The ruleset that decides: a small head that names the current generation, and one immutable, deflated snapshot per
// generation. Readers read the head consistently (one read unit) and the snapshot only when the generation moved.

export const RULESET_PK = 'ruleset';
export const HEAD_SK = 'head';
const CHUNK_BYTES_MAX = 350 * 1024;

const blobPrefix = (generation: number): string => `blob#${String(generation).padStart(10, '0')}#`;

export interface RulesetHead {
  readonly generation: number;
  /** What the change that made this generation was, for the job that follows from it. */
  readonly cause: string;
  /** The rule that was changed; absent when it was a feature. */
  readonly ruleId?: string;
}

export class RulesetStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private cached: Ruleset = compileRuleset(EMPTY_SNAPSHOT);

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async head(): Promise<RulesetHead> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: S(RULESET_PK), sk: S(HEAD_SK) },
        ConsistentRead: true,
      }),
    );
    return item === undefined ? { generation: 0, cause: '' } : fromHeadItem(item);
  }

  /** The ruleset as of now, compiled; from memory when the generation has not moved. */
  async current(): Promise<Ruleset> {
    for (;;) {
      const { generation } = await this.head();
      if (generation === this.cached.generation) return this.cached;
      if (generation === 0) return (this.cached = compileRuleset(EMPTY_SNAPSHOT));
      const snapshot = await this.snapshot(generation);
      // Gone: two newer generations were made since the head was read. Read the head again.
      if (snapshot !== undefined) return (this.cached = compileRuleset(snapshot));
    }
  }

  private async snapshot(generation: number): Promise<RulesetSnapshot | undefined> {
    const chunks: Uint8Array[] = [];
    let from: Item | undefined;
    let expected = 0;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
          ExpressionAttributeValues: { ':pk': S(RULESET_PK), ':sk': S(blobPrefix(generation)) },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      for (const item of answer.Items ?? []) {
        chunks.push(readB(item, 'b'));
        expected = readN(item, 'of');
      }
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    if (chunks.length === 0 || chunks.length < expected) return undefined;
    const json = parseJson(inflateRawSync(Buffer.concat(chunks)).toString('utf8'));
    if (!json.ok) throw new Error('The stored ruleset is not JSON.');
    return parseSnapshot(json.value);
  }
}

export function fromHeadItem(item: Item): RulesetHead {
  const ruleId = readOptionalS(item, 'r');
  return {
    generation: readN(item, 'g'),
    cause: readOptionalS(item, 'c') ?? '',
    ...(ruleId !== undefined && { ruleId }),
  };
}

/**
 * The writes that make `next` the ruleset, to be put in one transaction with the rule or feature that changed. The head
 * moves only from `next.generation - 1`: of two concurrent changes one fails, reads again and repeats.
 */
export function rulesetWrites(
  table: string,
  next: RulesetSnapshot,
  cause: string,
  ruleId?: string,
): TransactWriteItem[] {
  const deflated = deflateRawSync(snapshotToJson(next));
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < deflated.byteLength; start += CHUNK_BYTES_MAX) {
    chunks.push(deflated.subarray(start, start + CHUNK_BYTES_MAX));
  }
  const previous = next.generation - 1;
  const head: TransactWriteItem = {
    Put: {
      TableName: table,
      Item: {
        pk: S(RULESET_PK),
        sk: S(HEAD_SK),
        g: N(next.generation),
        c: S(cause),
        ...(ruleId !== undefined && { r: S(ruleId) }),
      },
      ConditionExpression: previous === 0 ? 'attribute_not_exists(pk)' : 'g = :g',
      ...(previous !== 0 && { ExpressionAttributeValues: { ':g': N(previous) } }),
    },
  };
  const blobs = chunks.map((chunk, index): TransactWriteItem => ({
    Put: {
      TableName: table,
      Item: {
        pk: S(RULESET_PK),
        sk: S(blobPrefix(next.generation) + String(index).padStart(3, '0')),
        b: B(chunk),
        of: N(chunks.length),
      },
    },
  }));
  return [head, ...blobs, ...removalOf(table, next.generation - 2)];
}

/**
 * Removes the snapshot of two generations ago; the one before stays for readers that have just read its head. Up to four
 * chunks (1.4 MB deflated, more than the limit on rules allows); deleting a chunk that never was costs nothing but a unit.
 */
function removalOf(table: string, generation: number): TransactWriteItem[] {
  if (generation < 1) return [];
  return Array.from({ length: 4 }, (_, index) => ({
    Delete: {
      TableName: table,
      Key: { pk: S(RULESET_PK), sk: S(blobPrefix(generation) + String(index).padStart(3, '0')) },
    },
  }));
}
