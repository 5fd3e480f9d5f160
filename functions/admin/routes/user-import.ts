import { createRoute } from '@hono/zod-openapi';
import { importIdOf } from '../../../adapters/import-store.ts';
import type { ImportJob } from '../../../adapters/import-item.ts';
import { NO_VERDICTS, type RowResult } from '../../../core/imports/import-verdict.ts';
import { csvSource } from '../../csv-source.ts';
import { workImport } from '../../work-import.ts';
import { ApiError } from '../api-error.ts';
import { beginImport, goOnInBackground } from '../begin-import.ts';
import type { AdminApp, AdminDependencies, AdminEnv } from '../dependencies.ts';
import { toImportAnswer } from '../import-answer.ts';
import { operation } from '../operations.ts';
import { CsvFileError, readCsv } from '../read-csv.ts';
import { CHANGE_WITH_BODY, errors } from '../schemas/error.ts';
import { importAnswerSchema, importQuerySchema, importWithRowsSchema } from '../schemas/import.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { FILE_ROWS_MAX, storeFile } from '../store-file.ts';

/** Files up to this size are answered with the verdict of every row, instead of with an import to ask for. */
const ANSWERED_ROWS_MAX = 500;
const ANSWERED_WITHIN_MS = 20_000;

const file = {
  schema: { type: 'string' as const, format: 'binary', example: 'userId,email\r\nada,ada@example.com\r\n' },
};

const upload = createRoute({
  ...operation('importUsers'),
  tags: ['Imports'],
  summary: 'Import users from a CSV file',
  description:
    'The header names the columns: userId, email, name, billingId, in any order. At most 6 MB as sent (packed with gzip 4.5 MB), 64 MB unpacked, 200,000 rows. docs/imports.md says what becomes of each row.',
  request: {
    query: importQuerySchema,
    body: { required: true, content: { 'text/csv': file, 'application/gzip': file } },
  },
  responses: {
    200: jsonAnswer(
      `A file of at most ${String(ANSWERED_ROWS_MAX)} rows is done, with all verdicts`,
      importWithRowsSchema,
    ),
    202: jsonAnswer('A larger file: the import goes on in the background', importAnswerSchema),
    ...errors(...CHANGE_WITH_BODY),
  },
});

export function userImportRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(upload, async (c) => {
    const { dryRun } = c.req.valid('query');
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const begun = await deps.imports.get(importIdOf(c.var.change));
    const job = begun ?? (await store(deps, bytes, { dryRun, ...c.var }));
    const isSmall = (job.total ?? Infinity) <= ANSWERED_ROWS_MAX;
    if (!isSmall) {
      await goOnInBackground(deps, job.id);
      return c.json({ import: toImportAnswer(job) }, 202);
    }
    const work = { ...deps, sourceOf: () => Promise.resolve(csvSource(deps.imports)) };
    await workImport(work, job.id, deps.now() + ANSWERED_WITHIN_MS);
    const after = (await deps.imports.get(job.id)) ?? job;
    if (after.status === 'running') {
      await goOnInBackground(deps, job.id);
      return c.json({ import: toImportAnswer(after) }, 202);
    }
    const rows = await rowsOf(deps, after);
    return c.json({ import: toImportAnswer(after), rows: rows.map((row) => ({ ...row })) }, 200);
  });
}

async function store(
  deps: AdminDependencies,
  bytes: Uint8Array,
  { dryRun, caller, change }: { readonly dryRun: boolean } & AdminEnv['Variables'],
): Promise<ImportJob> {
  const { imports, now } = deps;
  const startedAt = now();
  const id = importIdOf(change);
  try {
    const csv = await readCsv(bytes);
    const stored = await storeFile(imports, id, csv, startedAt);
    if (stored.kind === 'no_rows')
      throw new ApiError('invalid_request', 'The file has a header and no rows.');
    if (stored.kind === 'too_many_rows') {
      throw new ApiError('body_too_large', `The file has more than ${String(FILE_ROWS_MAX)} rows: split it.`);
    }
    const { rows, parts } = stored;
    const job: ImportJob = {
      id,
      kind: 'csv',
      dryRun,
      status: 'running',
      total: rows,
      done: 0,
      counts: NO_VERDICTS,
      parts,
      pages: 0,
      ignoredColumns: csv.ignoredColumns,
      actor: caller.id,
      startedAt,
    };
    await beginImport(deps, job);
    return job;
  } catch (error) {
    if (!(error instanceof CsvFileError)) throw error;
    throw new ApiError(error.kind === 'too_large' ? 'body_too_large' : 'invalid_request', error.message);
  }
}

async function rowsOf({ imports }: AdminDependencies, { id, pages }: ImportJob): Promise<RowResult[]> {
  const rows: RowResult[] = [];
  for (let page = 0; page < pages;) {
    const read = await imports.results(id, page, pages);
    if (read.length === 0) break;
    rows.push(...read.flat());
    page += read.length;
  }
  return rows;
}
