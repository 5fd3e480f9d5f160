import { randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  GetItemCommand,
  TransactWriteItemsCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { S, type Item } from '../../adapters/attributes.ts';
import { packChunks, planChunk } from '../../adapters/commit-plan.ts';
import type { DecidedEvent } from '../../adapters/decided-event.ts';
import { EVENT_SK, eventPk, fromEventItem } from '../../adapters/event-item.ts';
import { keyPartOf } from '../../adapters/keys.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import { HEAD_SK, RULESET_PK } from '../../adapters/ruleset-store.ts';
import { tombstoneKey } from '../../adapters/tombstone-item.ts';
import { USER_SK, userPk } from '../../adapters/user-item.ts';
import { NO_FACTS } from '../../core/identity/identity-draft.ts';
import { CONFIG, FEATURE_ID, GENERATION, nodeOf, TABLES, usersOf, type Stored } from './stored-batch.ts';

// The calls that the process function makes for a batch: as many, as large, and as many of them at once.

const KEYS_PER_READ = 100;
const COMMITS_AT_ONCE = 4;

/** One transaction: the keys of its events, and what it writes. */
export interface BareChunk {
  readonly keys: readonly string[];
  readonly items: readonly TransactWriteItem[];
}

/** The transactions that the function commits for these events. */
export function bareChunks(events: readonly Stored[], decidedAt: number): readonly BareChunk[] {
  const decided = events
    .map(({ item, delta }): DecidedEvent => {
      const uses = [{ featureId: FEATURE_ID, delta }];
      return {
        record: fromEventItem(item),
        generation: GENERATION,
        decision: { kind: 'mapped', uses },
        revisions: [],
      };
    })
    .toSorted(({ record: a }, { record: b }) => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : 0));
  const nodes = new Map(usersOf(events).map((userId) => [keyPartOf(userId), nodeOf(userId)]));
  const facts = { ...NO_FACTS, nodes };
  return packChunks(decided, facts).map((chunk) => ({
    keys: chunk.map(({ record }) => record.key),
    items: planChunk(TABLES, chunk, facts, new Map(), decidedAt).items.map(({ item }) => item),
  }));
}

/** Commits what each chunk becomes when its turn comes. */
export async function commitChunks<Chunk>(
  dynamo: DynamoDBClient,
  chunks: readonly Chunk[],
  itemsOf: (chunk: Chunk) => readonly TransactWriteItem[],
): Promise<void> {
  await mapAtMost(COMMITS_AT_ONCE, chunks, (chunk) =>
    dynamo.send(
      new TransactWriteItemsCommand({ TransactItems: [...itemsOf(chunk)], ClientRequestToken: randomUUID() }),
    ),
  );
}

/** The keys of what a batch is decided by, beside the head of the ruleset. */
export interface BatchKeys {
  readonly events: readonly Item[];
  readonly tombstones: readonly Item[];
  readonly users: readonly Item[];
}

export const keysOf = (eventKeys: readonly string[], userIds: readonly string[]): BatchKeys => ({
  events: eventKeys.map((key) => ({ pk: S(eventPk(key)), sk: S(EVENT_SK) })),
  tombstones: userIds.map((userId) => tombstoneKey(keyPartOf(userId))),
  users: userIds.map((userId) => ({ pk: S(userPk(userId)), sk: S(USER_SK) })),
});

export async function readHead(dynamo: DynamoDBClient): Promise<void> {
  const Key = { pk: S(RULESET_PK), sk: S(HEAD_SK) };
  await dynamo.send(new GetItemCommand({ TableName: CONFIG, Key, ConsistentRead: true }));
}

export async function readItems(
  dynamo: DynamoDBClient,
  table: string,
  keys: readonly Item[],
): Promise<readonly Item[]> {
  const pages: Item[][] = [];
  for (let start = 0; start < keys.length; start += KEYS_PER_READ)
    pages.push(keys.slice(start, start + KEYS_PER_READ));
  const answers = await Promise.all(
    pages.map((page) =>
      dynamo.send(
        new BatchGetItemCommand({
          RequestItems: { [table]: { Keys: page.map((key) => ({ ...key })), ConsistentRead: true } },
        }),
      ),
    ),
  );
  return answers.flatMap(({ Responses: responses }) => responses?.[table] ?? []);
}
