import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readS, S } from './attributes.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import { memberPks } from './engage-item.ts';
import type { Page } from './event-store.ts';
import { isKeyPart } from './keys.ts';
import { mergedPage } from './merged-page.ts';

/** The keys of the ids that are in an audience, in their order: plain ids as text, and the others after them. */
export async function audienceMembers(
  dynamo: DynamoDBClient,
  usersTable: string,
  audience: string,
  limit: number,
  cursor?: string,
): Promise<Page<string>> {
  const after = decodeCursor(cursor)?.['after']?.S;
  // DynamoDB refuses a start outside of what is queried.
  if (cursor !== undefined && (after === undefined || !isKeyPart(after)))
    throw new InvalidCursorError('The cursor is not one that this list gave out.');
  const list = { table: usersTable, partitions: memberPks(audience) };
  const { rows, last } = await mergedPage(dynamo, list, limit, after);
  const next = last === undefined ? undefined : encodeCursor({ after: S(last) });
  return { rows: rows.map((row) => readS(row, 'sk')), ...(next !== undefined && { cursor: next }) };
}
