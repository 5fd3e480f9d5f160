import { BatchExecuteStatementCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Item } from './attributes.ts';
import { mapAtMost } from './map-at-most.ts';

// Many conditional puts in few requests. PartiQL's INSERT fails on an item that exists, as PutItem does under
// `attribute_not_exists`; 25 of them travel in one request, each succeeds or fails alone, and each costs what a put costs.
// (BatchWriteItem knows no conditions, and a transaction costs twice as much.)

const STATEMENTS_MAX = 25;
const REQUESTS_AT_ONCE = 8;

/** `failed`: whether the item was written is not known, or it was not; try it alone, and see why. */
export type InsertOutcome = 'inserted' | 'exists' | 'failed';

/** Inserts items of different keys; the outcomes are in their order. Never throws. */
export async function insertItems(
  dynamo: DynamoDBClient,
  table: string,
  items: readonly Item[],
): Promise<readonly InsertOutcome[]> {
  const groups: (readonly Item[])[] = [];
  for (let start = 0; start < items.length; start += STATEMENTS_MAX) {
    groups.push(items.slice(start, start + STATEMENTS_MAX));
  }
  const outcomes = await mapAtMost(REQUESTS_AT_ONCE, groups, (group) => insertGroup(dynamo, table, group));
  return outcomes.flat();
}

async function insertGroup(
  dynamo: DynamoDBClient,
  table: string,
  items: readonly Item[],
): Promise<readonly InsertOutcome[]> {
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
    // Of what is wrong with one item all of its request may be refused, and the others are to stand.
    return items.map(() => 'failed');
  }
}

function statementOf(table: string, item: Item) {
  const attributes = Object.entries(item);
  // The names are our own, the values travel as parameters: nothing of an event is part of the statement.
  const members = attributes.map(([name]) => `'${name}': ?`).join(', ');
  return {
    Statement: `INSERT INTO "${table}" VALUE {${members}}`,
    Parameters: attributes.map(([, value]) => value),
  };
}
