import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { batchGet } from './batch-get.ts';
import { engageKey, fromEngageItem, type StoredEngage } from './engage-item.ts';

/** What Engage said about ids, by their keys, consistently read; ids that it said nothing about are left out. */
export async function readEngage(
  dynamo: DynamoDBClient,
  usersTable: string,
  userKeys: Iterable<string>,
): Promise<Map<string, StoredEngage>> {
  const items = await batchGet(dynamo, usersTable, [...new Set(userKeys)].map(engageKey));
  return new Map(items.map(fromEngageItem).map((stored) => [stored.key, stored]));
}
