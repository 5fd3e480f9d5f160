import { PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../adapters/attributes.ts';
import { toBodyItems, toEventItem } from '../../adapters/event-item.ts';
import { eventKeyOf, keyPartOf } from '../../adapters/keys.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import { rulesetWrites } from '../../adapters/ruleset-store.ts';
import { toUserItem } from '../../adapters/user-item.ts';
import { newNode } from '../../core/identity/user-node.ts';
import { EMPTY_SNAPSHOT } from '../../core/ruleset.ts';
import { trackEvent } from '../pipeline/load.ts';

// What a batch finds in the tables: its events, their users, and a ruleset with the feature that they name.

export const TABLES = { events: 'events', usage: 'usage', users: 'users' };
export const CONFIG = 'config';
export const GENERATION = 1;
/** Which all events name. */
export const FEATURE_ID = 'messages';

export interface Stored {
  readonly key: string;
  readonly userId: string;
  /** What it counts of the feature. */
  readonly delta: string;
  readonly item: Item;
}

/** Puts `count` events into a store, with all that belongs to them. */
export async function storeBatch(dynamo: DynamoDBClient, count: number): Promise<readonly Stored[]> {
  const put = (table: string, item: Item) =>
    dynamo.send(new PutItemCommand({ TableName: table, Item: { ...item } }));
  const now = Date.now();
  const events = Array.from({ length: count }, (_, n): Stored => {
    const body = trackEvent('process', n, new Date(now).toISOString());
    const { messageId, userId, event: name, properties } = body;
    const key = eventKeyOf(messageId);
    const text = JSON.stringify(body);
    const source = { dialect: 'webhook', apiKeyId: 'key_0123456789abcdef' } as const;
    const event = { key, messageId, type: 'track', userId, name, time: now, receivedAt: now } as const;
    return {
      key,
      userId,
      delta: String(properties.delta),
      item: toEventItem({ ...event, ...source, text }, toBodyItems(key, text, () => '').inline),
    };
  });
  await mapAtMost(8, events, ({ item }) => put(TABLES.events, item));
  await mapAtMost(8, usersOf(events), (userId) => put(TABLES.users, toUserItem(nodeOf(userId))));
  const features = [{ id: FEATURE_ID, archived: false, generation: GENERATION }];
  const ruleset = { ...EMPTY_SNAPSHOT, generation: GENERATION, features };
  for (const { Put: write } of rulesetWrites(CONFIG, ruleset, '')) {
    if (write?.Item !== undefined) await put(CONFIG, write.Item);
  }
  return events;
}

export const usersOf = (events: readonly Stored[]): readonly string[] => [
  ...new Set(events.map(({ userId }) => userId)),
];

export const nodeOf = (userId: string) =>
  newNode({ key: keyPartOf(userId), userId }, { said: {}, createdAt: 1 });
