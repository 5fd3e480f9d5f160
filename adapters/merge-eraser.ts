import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { MergeRecord } from '../core/identity/merge-record.ts';
import { UNDONE_MAX, type UserNode } from '../core/identity/user-node.ts';
import { S, type Item } from './attributes.ts';
import { PassingError } from './failure-kind.ts';
import { mapAtMost } from './map-at-most.ts';
import { fromMergeItem, mergeItemKey, MERGES_PK } from './merge-item.ts';
import { stillAsRead, toUserItem } from './user-item.ts';
import type { UserStore } from './user-store.ts';

// Removes the records of the merges of a user, in force and undone, with what the other side of an undone one remembers.
// Before the nodes, which lead to them. Undoing a merge needs its nodes as they were read, so it cannot bring a record back
// once these are gone; until then, the next look removes it again.

const AT_ONCE = 8;
const ATTEMPTS_MAX = 8;

/** Returns how many records there were. `nodes` are all ids of the user. */
export async function eraseMerges(
  dynamo: DynamoDBClient,
  table: string,
  users: UserStore,
  nodes: readonly UserNode[],
): Promise<number> {
  const keys = new Set(nodes.map(({ key }) => key));
  const ids = new Set(nodes.flatMap((node) => [node.mergedInto?.mergeId ?? [], node.undoneMerges].flat()));
  // A node remembers only so many: beyond that, all merges must be looked at.
  const records = nodes.some(({ undoneMerges }) => undoneMerges.length >= UNDONE_MAX)
    ? await allOf(dynamo, table, keys)
    : (await mapAtMost(AT_ONCE, [...ids], (id) => read(dynamo, table, id))).filter(
        (record) => record !== undefined,
      );
  await mapAtMost(AT_ONCE, records, async (record) => {
    for (const { key } of [record.survivor, record.absorbed])
      if (!keys.has(key)) await forgetAt(dynamo, table, users, key, { keys, mergeId: record.id });
    await dynamo.send(new DeleteItemCommand({ TableName: table, Key: mergeItemKey(record.id) }));
  });
  return records.length;
}

async function read(dynamo: DynamoDBClient, table: string, id: string): Promise<MergeRecord | undefined> {
  const { Item: item } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: mergeItemKey(id), ConsistentRead: true }),
  );
  return item === undefined ? undefined : fromMergeItem(item);
}

async function allOf(dynamo: DynamoDBClient, table: string, keys: ReadonlySet<string>) {
  const records: MergeRecord[] = [];
  let from: Item | undefined;
  do {
    const answer = await dynamo.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(MERGES_PK) },
        ConsistentRead: true,
        ...(from !== undefined && { ExclusiveStartKey: from }),
      }),
    );
    const page = (answer.Items ?? []).map(fromMergeItem);
    records.push(
      ...page.filter(({ survivor, absorbed }) => keys.has(survivor.key) || keys.has(absorbed.key)),
    );
    from = answer.LastEvaluatedKey;
  } while (from !== undefined);
  return records;
}

/** The user on the other side of an undone merge remembers it, and an imported one whom it is apart from. */
async function forgetAt(
  dynamo: DynamoDBClient,
  table: string,
  users: UserStore,
  key: string,
  gone: { readonly keys: ReadonlySet<string>; readonly mergeId: string },
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const node = (await users.nodes([key])).get(key);
    if (node === undefined) return;
    const undoneMerges = node.undoneMerges.filter((id) => id !== gone.mergeId);
    const apartFrom = node.apartFrom.filter((other) => !gone.keys.has(other));
    if (undoneMerges.length === node.undoneMerges.length && apartFrom.length === node.apartFrom.length)
      return;
    try {
      await dynamo.send(
        new PutItemCommand({
          TableName: table,
          Item: { ...toUserItem({ ...node, undoneMerges, apartFrom, version: node.version + 1 }) },
          ...stillAsRead(node),
        }),
      );
      return;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
  throw new PassingError('The other side of a merge keeps changing.');
}
