import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from './attributes.ts';
import { pause } from './backoff.ts';
import { PassingError } from './failure-kind.ts';

/** DynamoDB's limit for one BatchGetItem. */
const KEYS_MAX = 100;
const ATTEMPTS_MAX = 8;

/**
 * Consistent reads of any number of keys, in no particular order; what is not stored is left out. DynamoDB may answer a
 * part only (more than 16 MB, throttled): the rest is asked for again, and when that does not end, it throws.
 */
export async function batchGet(
  dynamo: DynamoDBClient,
  table: string,
  keys: readonly Item[],
): Promise<Item[]> {
  const pages: (readonly Item[])[] = [];
  for (let start = 0; start < keys.length; start += KEYS_MAX) pages.push(keys.slice(start, start + KEYS_MAX));
  const found = await Promise.all(pages.map((page) => getPage(dynamo, table, page)));
  return found.flat();
}

async function getPage(dynamo: DynamoDBClient, table: string, keys: readonly Item[]): Promise<Item[]> {
  const items: Item[] = [];
  let wanted: readonly Item[] = keys;
  for (let attempt = 0; wanted.length > 0; attempt += 1) {
    if (attempt === ATTEMPTS_MAX) throw new PassingError('DynamoDB keeps leaving keys of a batch unread.');
    if (attempt > 0) await pause(attempt);
    const answer = await dynamo.send(
      new BatchGetItemCommand({
        RequestItems: { [table]: { Keys: wanted.map((key) => ({ ...key })), ConsistentRead: true } },
      }),
    );
    const page = answer.Responses?.[table] ?? [];
    items.push(...page);
    const rest = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    // Progress resets the count: a large batch may need many rounds by its size alone.
    if (page.length > 0 && rest.length > 0) attempt = 0;
    wanted = rest;
  }
  return items;
}
