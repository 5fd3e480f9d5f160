import {
  BatchExecuteStatementCommand,
  TransactWriteItemsCommand,
  type BatchStatementRequest,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './attributes.ts';
import { reasonsOf } from './failure-kind.ts';
import { mapAtMost } from './map-at-most.ts';

// Many conditional puts in few requests, in two ways.
//
// PartiQL's INSERT fails on an item that exists, as PutItem does under `attribute_not_exists`; 25 of them travel in one
// request, each succeeds or fails alone, and each costs what a put costs. (BatchWriteItem knows no conditions.)
//
// A transaction of 100 puts costs twice as much in DynamoDB. But a store that makes every single write durable on a slow
// disk, as the embedded engine does, takes a transaction in the time of one write. So when a large array takes long, the
// rest of it goes in transactions: a sender that gave up waiting would send all of it again, and that costs more.

const STATEMENTS_MAX = 25;
const REQUESTS_AT_ONCE = 8;
const TRANSACTION_ITEMS_MAX = 100;
/** Of the 5 seconds that Segment's classic webhook waits. In DynamoDB 4,000 inserts take less than half of this. */
const PATIENCE_MS = 1_000;

/** `failed`: whether the item was written is not known, or it was not; try it alone, and see why. */
export type InsertOutcome = 'inserted' | 'exists' | 'failed';

/** Inserts items of different keys; the outcomes are in their order. Never throws. */
export async function insertItems(
  dynamo: DynamoDBClient,
  table: string,
  items: readonly Item[],
  patienceMs = PATIENCE_MS,
): Promise<readonly InsertOutcome[]> {
  const outcomes: InsertOutcome[] = [];
  let patientUntil = performance.now() + patienceMs;
  let next = 0;
  // Each worker takes the next items that nobody has taken, as many as fit the way of the moment.
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const start = next;
      const isLate = performance.now() > patientUntil;
      next += isLate ? TRANSACTION_ITEMS_MAX : STATEMENTS_MAX;
      const group = items.slice(start, next);
      const each = isLate ? undefined : await insertEach(dynamo, table, group);
      // Statements that were refused as a whole will be again.
      if (each === undefined) patientUntil = 0;
      const done = each ?? (await insertTogether(dynamo, table, group));
      for (const [at, outcome] of done.entries()) outcomes[start + at] = outcome;
    }
  };
  await mapAtMost(REQUESTS_AT_ONCE, Array.from({ length: REQUESTS_AT_ONCE }), worker);
  return outcomes;
}

/** Undefined: the request as a whole was refused, or its answer was lost. */
async function insertEach(
  dynamo: DynamoDBClient,
  table: string,
  items: readonly Item[],
): Promise<readonly InsertOutcome[] | undefined> {
  try {
    const { Responses: responses = [] } = await dynamo.send(
      new BatchExecuteStatementCommand({ Statements: items.map((item) => statementOf(table, item)) }),
    );
    return items.map((_, index) => {
      const response = responses[index];
      if (response === undefined) return 'failed';
      if (response.Error === undefined) return 'inserted';
      return response.Error.Code === 'DuplicateItem' ? 'exists' : 'failed';
    });
  } catch {
    return undefined;
  }
}

function statementOf(table: string, item: Item): BatchStatementRequest {
  const attributes = Object.entries(item);
  // The names are our own, the values travel as parameters: nothing of an event is part of the statement.
  const members = attributes.map(([name]) => `'${name}': ?`).join(', ');
  return {
    Statement: `INSERT INTO "${table}" VALUE {${members}}`,
    Parameters: attributes.map(([, value]) => value),
  };
}

async function insertTogether(
  dynamo: DynamoDBClient,
  table: string,
  items: readonly Item[],
): Promise<readonly InsertOutcome[]> {
  try {
    await dynamo.send(
      new TransactWriteItemsCommand({
        TransactItems: items.map((item) => ({
          Put: { TableName: table, Item: { ...item }, ConditionExpression: 'attribute_not_exists(pk)' },
        })),
      }),
    );
    return items.map(() => 'inserted');
  } catch (error) {
    const reasons = reasonsOf(error);
    const isKnown = items.map((_, index) => reasons[index]?.Code === 'ConditionalCheckFailed');
    // Nothing was written. What is not known yet tries again without what is: fewer each time, so this ends.
    const rest = items.filter((_, index) => isKnown[index] === false);
    if (rest.length === items.length) return items.map(() => 'failed');
    const inserted = rest.length === 0 ? [] : await insertTogether(dynamo, table, rest);
    let next = 0;
    return isKnown.map((known) => (known ? 'exists' : (inserted[next++] ?? 'failed')));
  }
}
