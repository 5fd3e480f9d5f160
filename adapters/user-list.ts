import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S } from './attributes.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import { DIRECTORY_PKS, directoryKey, fromDirectoryItem, MISSING_BILLING_PKS } from './directory-item.ts';
import type { Page } from './event-store.ts';
import { isKeyPart, keyPartOf } from './keys.ts';
import { mergedPage } from './merged-page.ts';

// Pages of the directory of users, and of those without a billing id (adapters/directory-item.ts).

export class UserList {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** User ids; with `prefix` those that start with it. Ids that are long or not plain are only found whole. */
  async page(limit: number, cursor?: string, prefix = ''): Promise<Page<string>> {
    const begin = prefix === '' ? '' : keyPartOf(prefix);
    const after = afterOf(cursor, begin);
    if (begin.startsWith('~')) return { rows: await this.exactly(prefix) };
    return await this.list(DIRECTORY_PKS, limit, begin, after);
  }

  /** Ids of users without a billing id. */
  async missingBilling(limit: number, cursor?: string): Promise<Page<string>> {
    return await this.list(MISSING_BILLING_PKS, limit, '', afterOf(cursor, ''));
  }

  private async list(
    partitions: readonly string[],
    limit: number,
    begin: string,
    after: string | undefined,
  ): Promise<Page<string>> {
    const list = {
      table: this.table,
      partitions,
      // Not begins_with, which the embedded engine takes without regard to case. No plain key part has a tilde.
      ...(begin !== '' && { between: [begin, `${begin}~`] as const }),
    };
    const { rows, last } = await mergedPage(this.dynamo, list, limit, after);
    const next = last === undefined ? undefined : encodeCursor({ after: S(last) });
    return { rows: rows.map(fromDirectoryItem), ...(next !== undefined && { cursor: next }) };
  }

  private async exactly(userId: string): Promise<readonly string[]> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: directoryKey(userId) }),
    );
    return item === undefined ? [] : [fromDirectoryItem(item)];
  }
}

function afterOf(cursor: string | undefined, begin: string): string | undefined {
  if (cursor === undefined) return undefined;
  const after = decodeCursor(cursor)?.['after']?.S;
  // DynamoDB refuses a start outside of what is queried.
  if (after === undefined || !isKeyPart(after) || !after.startsWith(begin)) {
    throw new InvalidCursorError('The cursor is not one that this list gave out.');
  }
  return after;
}
