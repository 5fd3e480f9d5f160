import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type TransactWriteItem,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { addVerdicts, countVerdicts, VERDICTS, type RowResult } from '../core/imports/import-verdict.ts';
import { digitsOf, type AskedChange } from './asked-change.ts';
import { DamagedItemError, N, readS, S, type Item } from './attributes.ts';
import { pause } from './backoff.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Page } from './event-store.ts';
import { isPermanent, reasonsOf } from './failure-kind.ts';
import {
  COUNT_NAMES,
  fromImportItem,
  importKey,
  importPagePk,
  IMPORTS_PK,
  packedItem,
  packResults,
  packRows,
  partSk,
  resultSk,
  toImportItem,
  unpackResults,
  unpackRows,
  type ImportJob,
  type WaitingRow,
} from './import-item.ts';

// Imports and their progress. An import goes on in steps of some rows; each writes a page of results and moves the import on,
// in one transaction with what the rows became, and only from where it was read. So every row is done once, whoever works on
// the import and however often.

const RETRIES_MAX = 8;
/** DynamoDB's limit for one BatchWriteItem. */
const BATCH_MAX = 25;
const PAGES_MAX = 9_999_999;

/** Sorts like the time; the same in every attempt. */
export const importIdOf = (asked: AskedChange): string =>
  `import_${String(asked.at).padStart(13, '0')}_${digitsOf(asked, 12)}`;

export const isImportId = (text: string): boolean => /^import_\d{13}_[0-9a-f]{12}$/.test(text);

/** Passes by itself: what it could not write may be sent again. */
class ThrottledError extends Error {
  override readonly name = 'ThrottledError';
  readonly code = 'THROTTLED';
}

export interface ImportStep {
  readonly results: readonly RowResult[];
  /** Where its source goes on after these rows. */
  readonly cursor: string;
}

export class ImportStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** Once: the same request that arrives again, late, must not begin an import anew that has gone on. */
  async create(job: ImportJob): Promise<void> {
    try {
      await this.dynamo.send(
        new PutItemCommand({
          TableName: this.table,
          Item: toImportItem(job),
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async get(id: string): Promise<ImportJob | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: importKey(id), ConsistentRead: true }),
    );
    return item === undefined ? undefined : fromImportItem(item);
  }

  /** The newest first. */
  async list(limit: number, cursor?: string): Promise<Page<ImportJob>> {
    const start = decodeCursor(cursor);
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(IMPORTS_PK) },
        ScanIndexForward: false,
        Limit: limit,
        ...(start !== undefined && {
          ExclusiveStartKey: { pk: S(IMPORTS_PK), sk: S(start['after']?.S ?? '') },
        }),
      }),
    );
    const last = answer.LastEvaluatedKey;
    const next = last === undefined ? undefined : encodeCursor({ after: S(readS(last, 'sk')) });
    return { rows: (answer.Items ?? []).map(fromImportItem), ...(next !== undefined && { cursor: next }) };
  }

  /** Parts of an uploaded file, before its import is created; the first of them has this number. */
  async putParts(
    id: string,
    first: number,
    parts: readonly (readonly WaitingRow[])[],
    startedAt: number,
  ): Promise<void> {
    const left = await this.batchWrite(
      parts.map((rows, index) => ({
        PutRequest: { Item: { ...packedItem(id, partSk(first + index), packRows(rows), startedAt) } },
      })),
    );
    if (left > 0) throw new ThrottledError('DynamoDB keeps leaving parts of a file unwritten.');
  }

  async part(id: string, part: number): Promise<WaitingRow[]> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: S(importPagePk(id)), sk: S(partSk(part)) },
        ConsistentRead: true,
      }),
    );
    if (item === undefined) throw new DamagedItemError('A part of the file of an import is missing.');
    return unpackRows(item);
  }

  /** What makes a step of an import part of a transaction: progress, if nobody has gone on in between, and results. */
  stepItems(job: ImportJob, step: ImportStep): TransactWriteItem[] {
    const after = this.after(job, step);
    const counts = VERDICTS.map((verdict) => COUNT_NAMES[verdict]);
    const update = {
      TableName: this.table,
      Key: importKey(job.id),
      UpdateExpression: `SET pg = :next, dn = :done, cu = :cursor, ${counts.map((name) => `${name} = :${name}`).join(', ')}`,
      ConditionExpression: 'pg = :page AND st = :running',
      ExpressionAttributeValues: {
        ':next': N(after.pages),
        ':page': N(job.pages),
        ':done': N(after.done),
        ':cursor': S(step.cursor),
        ':running': S('running'),
        ...Object.fromEntries(
          VERDICTS.map((verdict) => [`:${COUNT_NAMES[verdict]}`, N(after.counts[verdict])]),
        ),
      },
    };
    const results = packedItem(job.id, resultSk(job.pages), packResults(step.results), job.startedAt);
    return [{ Update: update }, { Put: { TableName: this.table, Item: results } }];
  }

  /** The import after a step. */
  after(job: ImportJob, { results, cursor }: ImportStep): ImportJob {
    return {
      ...job,
      pages: job.pages + 1,
      done: job.done + results.length,
      counts: addVerdicts(job.counts, countVerdicts(results)),
      cursor,
    };
  }

  /** A step that changes nothing but the import; false when somebody has gone on in between. */
  async advance(job: ImportJob, step: ImportStep): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.dynamo.send(new TransactWriteItemsCommand({ TransactItems: this.stepItems(job, step) }));
        return true;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if (reasonsOf(error).some(({ Code }) => Code === 'ConditionalCheckFailed')) return false;
        if (isPermanent(error) || attempt > RETRIES_MAX) throw error;
        await pause(attempt);
      }
    }
  }

  /** Every row has its verdict. The file goes; the results stay for a while. */
  async finish(job: ImportJob, now: number): Promise<void> {
    await this.end(job, 'st = :status, tt = dn, fa = :now', {
      ':status': S('done'),
      ':now': N(now),
    });
    await this.removeParts(job);
  }

  /** Ends an import that cannot go on. */
  async fail(job: ImportJob, sentence: string, now: number): Promise<void> {
    await this.end(job, 'st = :status, er = :error, fa = :now', {
      ':status': S('failed'),
      ':error': S(sentence),
      ':now': N(now),
    });
    await this.removeParts(job);
  }

  /** Results from a page on, whole pages in the order of the rows; at most so many pages, or 1 MB. */
  async results(id: string, from: number, pagesMax: number): Promise<(readonly RowResult[])[]> {
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': S(importPagePk(id)),
          ':from': S(resultSk(from)),
          ':to': S(resultSk(PAGES_MAX)),
        },
        ConsistentRead: true,
        Limit: pagesMax,
      }),
    );
    return (answer.Items ?? []).map(unpackResults);
  }

  /** Nothing happens to an import that has ended. */
  private async end(job: ImportJob, sets: string, values: Item): Promise<void> {
    try {
      await this.dynamo.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: importKey(job.id),
          UpdateExpression: `SET ${sets}`,
          ConditionExpression: 'st = :running AND pg = :page',
          ExpressionAttributeValues: { ...values, ':running': S('running'), ':page': N(job.pages) },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  /** The file itself is needed no longer. What cannot be removed now expires by itself. */
  private async removeParts({ id, parts }: ImportJob): Promise<void> {
    const keys = Array.from({ length: parts }, (_, part) => ({
      pk: S(importPagePk(id)),
      sk: S(partSk(part)),
    }));
    await this.batchWrite(keys.map((Key) => ({ DeleteRequest: { Key } })));
  }

  /** Returns how many of the requests DynamoDB did not take, however often it was asked. */
  private async batchWrite(requests: readonly WriteRequest[]): Promise<number> {
    let left = 0;
    for (let start = 0; start < requests.length; start += BATCH_MAX) {
      let wanted: WriteRequest[] = requests.slice(start, start + BATCH_MAX);
      for (let attempt = 0; wanted.length > 0 && attempt <= RETRIES_MAX; attempt += 1) {
        if (attempt > 0) await pause(attempt);
        const answer = await this.dynamo.send(
          new BatchWriteItemCommand({ RequestItems: { [this.table]: wanted } }),
        );
        wanted = answer.UnprocessedItems?.[this.table] ?? [];
      }
      left += wanted.length;
    }
    return left;
  }
}
