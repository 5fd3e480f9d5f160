import {
  DeleteItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { readS, S, type Item } from './attributes.ts';
import { pause } from './backoff.ts';
import type { FailedEvent } from './commit.ts';
import type { Tables } from './commit-plan.ts';
import { TRANSACTION_ITEMS_MAX, type PlannedItem } from './planned-item.ts';
import { eraseItemsOf, eraseUsageItems, type ErasableEvent } from './erase-plan.ts';
import { fromEventItem } from './event-item.ts';
import { fromStoredOutcome } from './event-outcome.ts';
import { isPermanent, reasonsOf } from './failure-kind.ts';
import { mapAtMost } from './map-at-most.ts';

// Erases events, whatever state they are in. An event's item stays as a marker: its messageId is known for ever, and what
// it counted for a feature stays with the feature. In the same transaction it leaves all that was counted or listed for its
// user: usage rows, the unmapped group, the list of the quarantined. So totals move exactly once, however often this runs,
// and an event that is decided at the same moment either was first, and is erased with what it counted, or fails its own
// condition.

export interface EraseDependencies {
  readonly dynamo: DynamoDBClient;
  readonly tables: Tables;
  readonly now: () => number;
}

export interface ErasedEvents {
  readonly erased: readonly string[];
  /** They have changed since they were read: read them again. */
  readonly stale: readonly string[];
  readonly failed: readonly FailedEvent[];
}

const COMMITS_AT_ONCE = 4;
const RETRIES_MAX = 12;

/** `items` are events as read, none of them erased. */
export async function eraseEvents(
  deps: EraseDependencies,
  items: readonly Item[],
  deadline: number,
): Promise<ErasedEvents> {
  await mapAtMost(COMMITS_AT_ONCE, items.filter(mayHaveChunks), (item) => eraseChunks(deps, item));
  const chunks = pack(deps, items);
  const results = await mapAtMost(COMMITS_AT_ONCE, chunks, (chunk) => commit(deps, chunk, deadline));
  return {
    erased: results.flatMap(({ erased }) => erased),
    stale: results.flatMap(({ stale }) => stale),
    failed: results.flatMap(({ failed }) => failed),
  };
}

/** A body in parts; or a second body under this messageId, whose parts may have been written before it was refused. */
const mayHaveChunks = (item: Item): boolean => item['bk'] !== undefined || item['cf'] !== undefined;

/** Before the event: afterwards nothing would lead to them. An event without its body can still be erased. */
async function eraseChunks(deps: EraseDependencies, item: Item): Promise<void> {
  const { dynamo, tables } = deps;
  const pk = S(readS(item, 'pk'));
  const answer = await dynamo.send(
    new QueryCommand({
      TableName: tables.events,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: { ':pk': pk, ':first': S('b#'), ':last': S('b$') },
      ProjectionExpression: 'sk',
      ConsistentRead: true,
    }),
  );
  for (const chunk of answer.Items ?? [])
    await dynamo.send(
      new DeleteItemCommand({ TableName: tables.events, Key: { pk, sk: S(readS(chunk, 'sk')) } }),
    );
  // A page of a query ends at 1 MB, read as whole items.
  if (answer.LastEvaluatedKey !== undefined) await eraseChunks(deps, item);
}

function pack({ tables }: EraseDependencies, items: readonly Item[]): ErasableEvent[][] {
  const marked = items.map((item): ErasableEvent => {
    const record = fromEventItem(item);
    const outcome = record.outcome === undefined ? undefined : fromStoredOutcome(record.outcome);
    const uses = record.state === 'mapped' ? (outcome?.uses ?? []) : [];
    return { record, attributes: Object.keys(item), uses };
  });
  // The order makes the chunks the same for the same events, and lets neighbours share counters.
  marked.sort((a, b) => compare(a.record.userId, b.record.userId) || compare(a.record.key, b.record.key));
  const chunks: ErasableEvent[][] = [];
  let chunk: ErasableEvent[] = [];
  for (const one of marked) {
    if (chunk.length > 0 && plan(tables, [...chunk, one], 0).length > TRANSACTION_ITEMS_MAX) {
      chunks.push(chunk);
      chunk = [];
    }
    chunk.push(one);
    // A bound on the work of asking: no transaction takes more events.
    if (chunk.length === EVENTS_PER_CHUNK_MAX) {
      chunks.push(chunk);
      chunk = [];
    }
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}

const EVENTS_PER_CHUNK_MAX = 40;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const plan = (tables: Tables, chunk: readonly ErasableEvent[], now: number): PlannedItem[] => [
  ...eraseItemsOf(tables.events, chunk, now),
  ...eraseUsageItems(tables.usage, chunk),
];

async function commit(
  { dynamo, tables, now }: EraseDependencies,
  chunk: readonly ErasableEvent[],
  deadline: number,
): Promise<ErasedEvents> {
  let events = chunk;
  const stale: string[] = [];
  for (let attempt = 0; events.length > 0;) {
    const planned = plan(tables, events, now());
    try {
      await dynamo.send(new TransactWriteItemsCommand({ TransactItems: planned.map(({ item }) => item) }));
      return { erased: events.map(({ record }) => record.key), stale, failed: [] };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reasons = reasonsOf(error);
      const refused = new Set(
        planned.flatMap(({ owners }, index) =>
          reasons[index]?.Code === 'ConditionalCheckFailed' ? owners : [],
        ),
      );
      if (refused.size > 0) {
        stale.push(...refused);
        events = events.filter(({ record }) => !refused.has(record.key));
        continue;
      }
      attempt += 1;
      const permanent = isPermanent(error);
      if (permanent || attempt > RETRIES_MAX || now() >= deadline) {
        const failed = events.map(({ record }) => ({ key: record.key, error, permanent }));
        return { erased: [], stale, failed };
      }
      // A reply lost after a commit makes the retry fail every condition, and reading again shows that all is done.
      await pause(attempt);
    }
  }
  return { erased: [], stale, failed: [] };
}
