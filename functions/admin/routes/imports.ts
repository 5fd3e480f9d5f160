import { createRoute, z } from '@hono/zod-openapi';
import { decodeCursor, encodeCursor, InvalidCursorError } from '../../../adapters/cursor.ts';
import { S } from '../../../adapters/attributes.ts';
import type { ImportJob } from '../../../adapters/import-item.ts';
import { isImportId } from '../../../adapters/import-store.ts';
import type { RowResult, Verdict } from '../../../core/imports/import-verdict.ts';
import { ApiError } from '../api-error.ts';
import { CSV_PART_LENGTH_MAX, csvAnswer } from '../csv-answer.ts';
import { textCell, toCsv } from '../csv.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { toImportAnswer } from '../import-answer.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import {
  importRowsFileQuerySchema,
  importRowsQuerySchema,
  importRowsSchema,
  importSchema,
  importsQuerySchema,
  importsSchema,
} from '../schemas/import.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

const tags = ['Imports'];
const params = z.strictObject({ importId: pathId('importId', 'import_1795442700000_0a1b2c3d4e5f') });
/** What one request may read of the results; a page of rows with a rare verdict may be short. */
const RESULT_PAGES_MAX = 200;
const FILE_ROWS_MAX = 50_000;
/** Of a row in a file, without the texts in it. */
const ROW_LENGTH = 30;

const list = createRoute({
  ...operation('listImports'),
  tags,
  summary: 'List imports',
  description: 'Imports and their results are kept for a week.',
  request: { query: importsQuerySchema },
  responses: { 200: jsonAnswer('Imports, newest first', importsSchema), ...errors(...KEYED) },
});

const get = createRoute({
  ...operation('getImport'),
  tags,
  summary: 'Get an import and its progress',
  request: { params, query: noQuery },
  responses: { 200: jsonAnswer('The import', importSchema), ...errors(...KEYED, 404) },
});

const rows = createRoute({
  ...operation('listImportRows'),
  tags,
  summary: 'List what became of each row',
  request: { params, query: importRowsQuerySchema },
  responses: {
    200: jsonAnswer('Rows in their order; a page may be short', importRowsSchema),
    ...errors(...KEYED, 404),
  },
});

const download = createRoute({
  ...operation('downloadImportRows'),
  tags,
  summary: 'Download what became of each row',
  description: 'Where there is more, the header X-Next-Cursor says how to get the next part.',
  request: { params, query: importRowsFileQuerySchema },
  responses: {
    200: {
      description: 'The columns row, verdict, userId, message',
      content: {
        'text/csv': {
          schema: { type: 'string' as const, example: 'row,verdict,userId,message\r\n2,create,ada,\r\n' },
        },
      },
    },
    ...errors(...KEYED, 404),
  },
});

export function importRoutes(app: AdminApp, { imports }: AdminDependencies): void {
  const find = async (id: string): Promise<ImportJob> => {
    const job = isImportId(id) ? await imports.get(id) : undefined;
    if (job !== undefined) return job;
    throw new ApiError('not_found', 'There is no import with this id, or it is older than a week.');
  };

  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await imports.list(limit, cursor);
    return c.json(
      { imports: page.rows.map(toImportAnswer), ...(page.cursor !== undefined && { cursor: page.cursor }) },
      200,
    );
  });

  app.openapi(get, async (c) => c.json(toImportAnswer(await find(c.req.valid('param').importId)), 200));

  app.openapi(rows, async (c) => {
    const { limit, cursor, verdict } = c.req.valid('query');
    const job = await find(c.req.valid('param').importId);
    const page = await read(imports, job, { limit, cursor, verdict, pagesMax: RESULT_PAGES_MAX });
    return c.json(
      {
        rows: page.rows.map((row) => ({ ...row })),
        ...(page.cursor !== undefined && { cursor: page.cursor }),
      },
      200,
    );
  });

  app.openapi(download, async (c) => {
    const { cursor, verdict } = c.req.valid('query');
    const job = await find(c.req.valid('param').importId);
    const page = await read(imports, job, { limit: FILE_ROWS_MAX, cursor, verdict, pagesMax: FILE_ROWS_MAX });
    const header = cursor === undefined ? [['row', 'verdict', 'userId', 'message']] : [];
    const cells = page.rows.map(({ row, verdict: became, userId = '', message = '' }) => [
      String(row),
      became,
      textCell(userId),
      textCell(message),
    ]);
    const { body, headers } = csvAnswer(toCsv([...header, ...cells]), {
      fileName: `${job.id}.csv`,
      acceptEncoding: c.req.header('accept-encoding'),
      cursor: page.cursor,
    });
    return c.body(body, 200, headers);
  });
}

interface Wanted {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly verdict: Verdict | undefined;
  readonly pagesMax: number;
}

/** Rows of the results from the cursor on, which names a page of results and how many rows of it were given out. */
async function read(
  imports: AdminDependencies['imports'],
  { id, pages, status }: ImportJob,
  { limit, cursor, verdict, pagesMax }: Wanted,
): Promise<{ rows: RowResult[]; cursor?: string }> {
  let { page, skip } = placeOf(cursor);
  const found: RowResult[] = [];
  let length = 0;
  for (let left = pagesMax; left > 0 && page < pages;) {
    const results = await imports.results(id, page, Math.min(left, pages - page));
    if (results.length === 0) break;
    for (const rowsOfPage of results) {
      for (const [index, row] of rowsOfPage.entries()) {
        if (index < skip || (verdict !== undefined && row.verdict !== verdict)) continue;
        if (found.length === limit || length > CSV_PART_LENGTH_MAX) {
          return { rows: found, cursor: cursorAt(page, index) };
        }
        found.push(row);
        length += ROW_LENGTH + (row.userId ?? '').length + (row.message ?? '').length;
      }
      [page, skip] = [page + 1, 0];
    }
    left -= results.length;
  }
  // Of an import that runs there is more to come, but a page that never ends helps nobody.
  return page < pages || (status === 'running' && found.length === limit)
    ? { rows: found, cursor: cursorAt(page, skip) }
    : { rows: found };
}

const cursorAt = (page: number, skip: number): string =>
  encodeCursor({ page: S(String(page)), skip: S(String(skip)) }) ?? '';

function placeOf(cursor: string | undefined): { page: number; skip: number } {
  if (cursor === undefined) return { page: 0, skip: 0 };
  const decoded = decodeCursor(cursor);
  const [page, skip] = [decoded?.['page']?.S ?? '', decoded?.['skip']?.S ?? ''];
  if (!/^\d{1,7}$/.test(page) || !/^\d{1,7}$/.test(skip)) {
    throw new InvalidCursorError('The cursor is not one that this list gave out.');
  }
  return { page: Number(page), skip: Number(skip) };
}
