import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DamagedItemError, readS, S, type Item } from './attributes.ts';
import { keyPartOf } from './keys.ts';
import { mapAtMost } from './map-at-most.ts';
import { queryBetween } from './query-between.ts';
import {
  FEATURE_SHARDS,
  fromUsageItem,
  usageFeaturePk,
  usageUserKeyPk,
  usageUserSk,
  type UsageRow,
} from './usage-item.ts';

// Reading counters. A user's rows of all features are one partition, sorted by feature and then by day, so reading some
// days of it means jumping from feature to feature instead of reading everything between.

/** Days as `YYYY-MM-DD`, both included. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

export interface UsageDay {
  readonly featureId: string;
  readonly row: UsageRow;
}

/** Takes one row; false means enough. */
export type TakeDay = (day: UsageDay) => boolean;

const QUERIES_AT_ONCE = 24;
/** Rows per jump: what a month of one feature has. More would be read in vain when the next feature is far. */
const JUMP_ROWS = 32;
/** Key parts start with `=` or `~`. */
const FIRST_KEY = '=';
/** Behind a feature's part it sorts after all its days; behind a whole key, directly after that key. */
const AFTER = '~';

export class UsageStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /**
   * The rows of one feature for all ids of a user, given by their keys, consistently read. Returns whether `take` was
   * given all of them.
   */
  async ofKeysAndFeature(
    userKeys: readonly string[],
    featureId: string,
    days: DayRange,
    take: TakeDay,
  ): Promise<boolean> {
    const [first, last] = [usageUserSk(featureId, days.from), usageUserSk(featureId, days.to)];
    return await ofAll(userKeys, take, (userKey, takeOne) =>
      this.between(usageUserKeyPk(userKey), first, last, (item) =>
        takeOne({ featureId, row: fromUsageItem(item) }),
      ),
    );
  }

  /** The rows of all ids of a user, for every feature. */
  async ofKeys(userKeys: readonly string[], days: DayRange, take: TakeDay): Promise<boolean> {
    return await ofAll(userKeys, take, (userKey, takeOne) => this.ofKey(userKey, days, takeOne));
  }

  private async ofKey(userKey: string, days: DayRange, take: TakeDay): Promise<boolean> {
    let from: string | undefined = FIRST_KEY;
    while (from !== undefined) {
      const items = await this.startingAt(usageUserKeyPk(userKey), from, JUMP_ROWS);
      const next = this.takeUntilJump(items, days, take);
      if (next === 'enough') return false;
      const last = items.at(-1);
      from = next ?? (last === undefined || items.length < JUMP_ROWS ? undefined : readS(last, 'sk') + AFTER);
    }
    return true;
  }

  /** The rows of everybody for these features. Rows of one feature and day come once per shard. */
  async ofEverybody(featureIds: readonly string[], days: DayRange, take: TakeDay): Promise<boolean> {
    let more = true;
    const shards = featureIds.flatMap((featureId) =>
      Array.from({ length: FEATURE_SHARDS }, (_, shard) => ({
        featureId,
        pk: usageFeaturePk(featureId, shard),
      })),
    );
    await mapAtMost(QUERIES_AT_ONCE, shards, async ({ featureId, pk }) => {
      if (!more) return;
      const all = await this.between(
        pk,
        days.from,
        days.to,
        (item) => more && take({ featureId, row: fromUsageItem(item) }),
      );
      if (!all) more = false;
    });
    return more;
  }

  /** Takes rows up to the first that is out of range, and says from which sort key to read on. */
  private takeUntilJump(items: readonly Item[], days: DayRange, take: TakeDay): string | undefined {
    for (const item of items) {
      const row = fromUsageItem(item);
      const featurePart = readS(item, 'sk').slice(0, -(row.day.length + 1));
      if (row.day > days.to) return `${featurePart}#${AFTER}`;
      if (row.day < days.from) return `${featurePart}#${days.from}`;
      if (!take({ featureId: featureIdOf(featurePart), row })) return 'enough';
    }
    return undefined;
  }

  private async startingAt(pk: string, sk: string, limit: number): Promise<readonly Item[]> {
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk AND sk >= :sk',
        ExpressionAttributeValues: { ':pk': S(pk), ':sk': S(sk) },
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return answer.Items ?? [];
  }

  private between(pk: string, first: string, last: string, take: (item: Item) => boolean): Promise<boolean> {
    return queryBetween(this.dynamo, this.table, { pk, first, last }, take);
  }
}

/** Reads many partitions at once, until one of them has had enough. */
async function ofAll(
  userKeys: readonly string[],
  take: TakeDay,
  read: (userKey: string, take: TakeDay) => Promise<boolean>,
): Promise<boolean> {
  let more = true;
  await mapAtMost(QUERIES_AT_ONCE, userKeys, async (userKey) => {
    if (!more) return;
    if (!(await read(userKey, (day) => more && take(day)))) more = false;
  });
  return more;
}

/** Feature ids are plain (functions/admin/schemas/feature.ts), so their key part is the id itself behind `=`. */
function featureIdOf(featurePart: string): string {
  const id = featurePart.slice(1);
  if (!featurePart.startsWith('=') || keyPartOf(id) !== featurePart) {
    throw new DamagedItemError('A stored usage row does not name its feature.');
  }
  return id;
}
