import { QueryCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readS, S, type Item } from './attributes.ts';

// A list that is spread over a few partitions, read as one: a page of each, merged by sort key. The last sort key of a
// page is all that the next page needs, because it is a valid start in every partition.

export interface MergedList {
  readonly table: string;
  readonly partitions: readonly string[];
  /** The first and the last sort key that belong to the list; without it all do. */
  readonly between?: readonly [string, string];
  readonly newestFirst?: boolean;
}

export interface MergedPage {
  readonly rows: readonly Item[];
  /** Where the next page starts; absent when this is the last. */
  readonly last?: string;
}

/** `after` must be the `last` of an earlier page of the same list. */
export async function mergedPage(
  dynamo: DynamoDBClient,
  list: MergedList,
  limit: number,
  after?: string,
): Promise<MergedPage> {
  const before = (left: string, right: string): boolean =>
    list.newestFirst === true ? left > right : left < right;
  const pages = await Promise.all(list.partitions.map((pk) => onePage(dynamo, list, pk, limit, after)));
  // A partition that was not read to its end (by the limit, or by 1 MB) is known only up to its last row.
  let known: string | undefined;
  for (const { last } of pages)
    if (last !== undefined && (known === undefined || before(last, known))) known = last;
  const rows = pages
    .flatMap((page) => page.rows)
    .filter((row) => known === undefined || !before(known, readS(row, 'sk')))
    .sort((left, right) => (before(readS(left, 'sk'), readS(right, 'sk')) ? -1 : 1));
  const shown = rows.slice(0, limit);
  const lastShown = shown.at(-1);
  const more = known !== undefined || rows.length > limit;
  return { rows: shown, ...(more && lastShown !== undefined && { last: readS(lastShown, 'sk') }) };
}

async function onePage(
  dynamo: DynamoDBClient,
  list: MergedList,
  pk: string,
  limit: number,
  after: string | undefined,
): Promise<MergedPage> {
  const [condition, values] = conditionOf(list);
  const answer = await dynamo.send(
    new QueryCommand({
      TableName: list.table,
      KeyConditionExpression: `pk = :pk${condition}`,
      ExpressionAttributeValues: { ':pk': S(pk), ...values },
      ScanIndexForward: list.newestFirst !== true,
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: { pk: S(pk), sk: S(after) } }),
    }),
  );
  const last = answer.LastEvaluatedKey?.['sk']?.S;
  return { rows: answer.Items ?? [], ...(last !== undefined && { last }) };
}

function conditionOf({ between }: MergedList): [string, Record<string, AttributeValue>] {
  if (between === undefined) return ['', {}];
  const [first, last] = between;
  return [' AND sk BETWEEN :first AND :last', { ':first': S(first), ':last': S(last) }];
}
