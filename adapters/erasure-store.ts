import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import {
  N,
  readN,
  readOneOf,
  readOptionalN,
  readOptionalS,
  readS,
  readText,
  S,
  T,
  type Item,
} from './attributes.ts';
import { reasonsOf } from './failure-kind.ts';
import { hashedKeyOf } from './keys.ts';
import { mapAtMost } from './map-at-most.ts';

// Erasures: a head that becomes the receipt, and while it runs a line in the list of open ones and a target per id of the
// user. A request is durable with the first transaction; the timer finds what is open. When it is done, nothing of this
// names the user any more: the head loses the id, targets and line are removed.

export const ERASURE_PHASES = ['links', 'first', 'last'] as const;
/** `links`: the user is taken apart. `first` and `last`: all that was stored under each id is erased, twice. */
export type ErasurePhase = (typeof ERASURE_PHASES)[number];

export interface Erased {
  readonly events: number;
  readonly usageRows: number;
  readonly links: number;
  readonly merges: number;
}

export interface Erasure {
  readonly id: string;
  /** Only while it runs. */
  readonly userId?: string;
  readonly boundary: number;
  readonly requestedAt: number;
  readonly phase: ErasurePhase;
  /** Epoch milliseconds before which the phase must not begin. */
  readonly dueAt: number;
  readonly finishedAt?: number;
  readonly erased: Erased;
}

/** One id of the user, and how far this phase has come with it. */
export interface ErasureTarget {
  readonly userKey: string;
  readonly userId: string;
  readonly cursor?: string;
  readonly done?: ErasurePhase;
  /** Epoch milliseconds before which the last pass is not over for this id. */
  readonly dueAt?: number;
}

export interface ErasureRequest {
  readonly userId: string;
  readonly boundary: number;
  readonly requestedAt: number;
}

const OPEN_PK = 'erasing';
const HEAD_SK = 'head';
const PAGE = 100;
const WRITES_AT_ONCE = 8;

/** The same user and boundary are the same erasure: Segment tells of one deletion once per source. */
export const erasureIdOf = (userId: string, boundary: number): string =>
  `era_${hashedKeyOf(JSON.stringify([userId, boundary]))}`;

const headKey = (id: string) => ({ pk: S(`erasure#${id}`), sk: S(HEAD_SK) });
const openKey = (id: string) => ({ pk: S(OPEN_PK), sk: S(id) });
const targetKey = (id: string, userKey: string) => ({ pk: S(`erasure#${id}`), sk: S(`u#${userKey}`) });

export class ErasureStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** When it returns, the erasure is certain. Asked for again, also after it is done, it is the same one. */
  async request({ userId, boundary, requestedAt }: ErasureRequest): Promise<string> {
    const id = erasureIdOf(userId, boundary);
    const head = {
      ...headKey(id),
      u: T(userId),
      bo: N(boundary),
      ra: N(requestedAt),
      ph: S('links'),
      du: N(requestedAt),
    };
    try {
      await this.dynamo.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            {
              Put: { TableName: this.table, Item: head, ConditionExpression: 'attribute_not_exists(pk)' },
            },
            { Put: { TableName: this.table, Item: { ...openKey(id), du: N(requestedAt) } } },
          ],
        }),
      );
    } catch (error) {
      if (reasonsOf(error)[0]?.Code !== 'ConditionalCheckFailed') throw error;
    }
    return id;
  }

  async get(id: string): Promise<Erasure | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: headKey(id), ConsistentRead: true }),
    );
    return item === undefined ? undefined : fromHead(id, item);
  }

  /** The erasure of this user at this boundary. */
  async of(userId: string, boundary: number): Promise<Erasure | undefined> {
    return await this.get(erasureIdOf(userId, boundary));
  }

  /** Open erasures, in no particular order, with the time at which somebody should look. For background work. */
  async *open(): AsyncGenerator<{ readonly id: string; readonly dueAt: number }> {
    let from: Item | undefined;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': S(OPEN_PK) },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      for (const item of answer.Items ?? []) yield { id: readS(item, 'sk'), dueAt: readN(item, 'du') };
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
  }

  /** When to look next, if nobody has finished until then. */
  async lookAgainAt(id: string, dueAt: number): Promise<void> {
    await this.update({
      Key: openKey(id),
      UpdateExpression: 'SET du = :du',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':du': N(dueAt) },
    });
  }

  /** From one phase to the next; false when another worker has done it. */
  async enter(id: string, from: ErasurePhase, to: ErasurePhase, dueAt: number): Promise<boolean> {
    return await this.update({
      Key: headKey(id),
      UpdateExpression: 'SET ph = :to, du = :du',
      ConditionExpression: 'ph = :from AND attribute_not_exists(fa)',
      ExpressionAttributeValues: { ':from': S(from), ':to': S(to), ':du': N(dueAt) },
    });
  }

  async count(id: string, by: Partial<Erased>): Promise<void> {
    await this.update({
      Key: headKey(id),
      // `ne` may be a reserved word.
      UpdateExpression: 'ADD #ne :ne, nu :nu, nl :nl, nm :nm',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeNames: { '#ne': 'ne' },
      ExpressionAttributeValues: {
        ':ne': N(by.events ?? 0),
        ':nu': N(by.usageRows ?? 0),
        ':nl': N(by.links ?? 0),
        ':nm': N(by.merges ?? 0),
      },
    });
  }

  /** Adds ids of the user; those that are there stay as they are. */
  async addTargets(id: string, ids: readonly { userKey: string; userId: string }[]): Promise<void> {
    for (const { userKey, userId } of ids) {
      await this.update({
        Key: targetKey(id, userKey),
        UpdateExpression: 'SET i = :i',
        ConditionExpression: 'attribute_not_exists(pk)',
        ExpressionAttributeValues: { ':i': T(userId) },
      });
    }
  }

  /** All ids of the user, in no particular order. */
  async targets(id: string): Promise<readonly ErasureTarget[]> {
    const targets: ErasureTarget[] = [];
    let from: Item | undefined;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: {
            ':pk': headKey(id).pk,
            ':first': S('u#'),
            ':last': S('u$'),
          },
          ConsistentRead: true,
          Limit: PAGE,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      targets.push(...(answer.Items ?? []).map(fromTarget));
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    return targets;
  }

  /**
   * Moves a target's cursor. Two workers may do so: each page is erased under its own conditions. Not when another worker has
   * come to the end of this phase: the next one would begin there, and leave out what is before it.
   */
  async advance(id: string, userKey: string, cursor: string, phase: ErasurePhase): Promise<void> {
    await this.update({
      Key: targetKey(id, userKey),
      UpdateExpression: 'SET cu = :cu',
      ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(dn) OR dn <> :phase)',
      ExpressionAttributeValues: { ':cu': S(cursor), ':phase': S(phase) },
    });
  }

  /** From now on, the last pass cannot be over for this id before `dueAt`. */
  async postpone(id: string, userKey: string, dueAt: number): Promise<void> {
    await this.update({
      Key: targetKey(id, userKey),
      UpdateExpression: 'SET du = :du',
      ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(du) OR du < :du)',
      ExpressionAttributeValues: { ':du': N(dueAt) },
    });
  }

  /** Changes nothing for an id that has been postponed, by whomever. */
  async finishTarget(id: string, userKey: string, phase: ErasurePhase, now: number): Promise<void> {
    await this.update({
      Key: targetKey(id, userKey),
      UpdateExpression: 'SET dn = :dn REMOVE cu',
      ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(du) OR du <= :now)',
      ExpressionAttributeValues: { ':dn': S(phase), ':now': N(now) },
    });
  }

  /** The end: what is left is the receipt. The line goes last, so that a crash before is seen. */
  async finish(id: string, now: number): Promise<void> {
    await this.remove((await this.targets(id)).map(({ userKey }): Item => targetKey(id, userKey)));
    await this.update({
      Key: headKey(id),
      UpdateExpression: 'SET fa = if_not_exists(fa, :fa) REMOVE u',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':fa': N(now) },
    });
    await this.remove([openKey(id)]);
  }

  private async remove(keys: readonly Item[]): Promise<void> {
    await mapAtMost(WRITES_AT_ONCE, keys, async (key) => {
      await this.dynamo.send(new DeleteItemCommand({ TableName: this.table, Key: { ...key } }));
    });
  }

  /** Whether the condition held. */
  private async update(input: Omit<UpdateItemCommandInput, 'TableName'>): Promise<boolean> {
    try {
      await this.dynamo.send(new UpdateItemCommand({ TableName: this.table, ...input }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

function fromHead(id: string, item: Item): Erasure {
  const finishedAt = readOptionalN(item, 'fa');
  return {
    id,
    ...(item['u'] !== undefined && { userId: readText(item, 'u') }),
    boundary: readN(item, 'bo'),
    requestedAt: readN(item, 'ra'),
    phase: readOneOf(item, 'ph', ERASURE_PHASES),
    dueAt: readN(item, 'du'),
    ...(finishedAt !== undefined && { finishedAt }),
    erased: {
      events: readOptionalN(item, 'ne') ?? 0,
      usageRows: readOptionalN(item, 'nu') ?? 0,
      links: readOptionalN(item, 'nl') ?? 0,
      merges: readOptionalN(item, 'nm') ?? 0,
    },
  };
}

function fromTarget(item: Item): ErasureTarget {
  const cursor = readOptionalS(item, 'cu');
  const dueAt = readOptionalN(item, 'du');
  return {
    userKey: readS(item, 'sk').slice('u#'.length),
    userId: readText(item, 'i'),
    ...(cursor !== undefined && { cursor }),
    ...(dueAt !== undefined && { dueAt }),
    ...(item['dn'] !== undefined && { done: readOneOf(item, 'dn', ERASURE_PHASES) }),
  };
}
