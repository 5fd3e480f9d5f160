import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod/mini';
import { IMPORT_FIELDS, type CheckedImportRow, type ImportField } from '../core/imports/import-row.ts';
import {
  VERDICTS,
  type RowResult,
  type Verdict,
  type VerdictCounts,
} from '../core/imports/import-verdict.ts';
import {
  B,
  DamagedItemError,
  N,
  readB,
  readN,
  readOneOf,
  readOptionalN,
  readOptionalS,
  readS,
  S,
  type Item,
} from './attributes.ts';

// Imports as items of the Operations table: the import itself, the parts of an uploaded file, and the results. Parts and
// results are deflated JSON, many rows to an item. All of them expire; the parts, which are the file, go with the end of
// the import.

export const IMPORT_KINDS = ['csv', 'stripe', 'chargebee'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

export interface ImportJob {
  readonly id: string;
  readonly kind: ImportKind;
  readonly dryRun: boolean;
  readonly status: 'running' | 'done' | 'failed';
  /** Rows in all; unknown for a provider until its list ends. */
  readonly total?: number;
  readonly done: number;
  readonly counts: VerdictCounts;
  /** Parts of the uploaded file. */
  readonly parts: number;
  /** Pages of results that are written; the next page has this number. */
  readonly pages: number;
  /** Where its source goes on. */
  readonly cursor?: string;
  /** Columns of the file that mean nothing here. */
  readonly ignoredColumns: readonly string[];
  /** Why it failed, as a sentence. */
  readonly error?: string;
  readonly actor: string;
  /** Epoch milliseconds; also the time at which everything in it was said. */
  readonly startedAt: number;
  readonly finishedAt?: number;
}

/** A row of an uploaded file as it waits. */
export interface WaitingRow {
  readonly row: number;
  readonly checked: CheckedImportRow;
}

export const IMPORTS_PK = 'imports';
export const importKey = (id: string): Item => ({ pk: S(IMPORTS_PK), sk: S(id) });
export const importPagePk = (id: string): string => `import#${id}`;
export const partSk = (part: number): string => `part#${numbered(part)}`;
export const resultSk = (page: number): string => `result#${numbered(page)}`;
const numbered = (number: number): string => String(number).padStart(7, '0');

const KEPT_SECONDS = 7 * 24 * 3600;
/** When what belongs to an import expires. An import that has not ended by then never will. */
export const importTtl = (startedAt: number): number => Math.floor(startedAt / 1000) + KEPT_SECONDS;

/** Attribute names of the counts. */
export const COUNT_NAMES: Readonly<Record<Verdict, string>> = {
  create: 'vc',
  update: 'vu',
  merge: 'vm',
  conflict: 'vx',
  unchanged: 'vn',
  error: 've',
};

export function toImportItem(job: ImportJob): Item {
  return {
    ...importKey(job.id),
    k: S(job.kind),
    dr: N(job.dryRun ? 1 : 0),
    st: S(job.status),
    ...(job.total !== undefined && { tt: N(job.total) }),
    dn: N(job.done),
    ...Object.fromEntries(VERDICTS.map((verdict) => [COUNT_NAMES[verdict], N(job.counts[verdict])])),
    pt: N(job.parts),
    pg: N(job.pages),
    ...(job.cursor !== undefined && { cu: S(job.cursor) }),
    ig: S(JSON.stringify(job.ignoredColumns)),
    ...(job.error !== undefined && { er: S(job.error) }),
    by: S(job.actor),
    sa: N(job.startedAt),
    ...(job.finishedAt !== undefined && { fa: N(job.finishedAt) }),
    ttl: N(importTtl(job.startedAt)),
  };
}

export function fromImportItem(item: Item): ImportJob {
  const [total, cursor] = [readOptionalN(item, 'tt'), readOptionalS(item, 'cu')];
  const [error, finishedAt] = [readOptionalS(item, 'er'), readOptionalN(item, 'fa')];
  const count = (verdict: Verdict): number => readN(item, COUNT_NAMES[verdict]);
  return {
    id: readS(item, 'sk'),
    kind: readOneOf(item, 'k', IMPORT_KINDS),
    dryRun: readN(item, 'dr') === 1,
    status: readOneOf(item, 'st', ['running', 'done', 'failed']),
    ...(total !== undefined && { total }),
    done: readN(item, 'dn'),
    counts: {
      create: count('create'),
      update: count('update'),
      merge: count('merge'),
      conflict: count('conflict'),
      unchanged: count('unchanged'),
      error: count('error'),
    },
    parts: readN(item, 'pt'),
    pages: readN(item, 'pg'),
    ...(cursor !== undefined && { cursor }),
    ignoredColumns: parseOr(z.array(z.string()), JSON.parse(readS(item, 'ig')), 'ignored columns'),
    ...(error !== undefined && { error }),
    actor: readS(item, 'by'),
    startedAt: readN(item, 'sa'),
    ...(finishedAt !== undefined && { finishedAt }),
  };
}

// Tuples, because a hundred thousand of them are stored: [row, userId, email, name, billingId], or [row, message].
const nullable = z.nullable(z.string());
const waitingSchema = z.array(
  z.union([z.tuple([z.number(), nullable, nullable, nullable, nullable]), z.tuple([z.number(), z.string()])]),
);

export function packRows(rows: readonly WaitingRow[]): Uint8Array {
  const tuples = rows.map(({ row, checked }) =>
    checked.ok ? [row, ...IMPORT_FIELDS.map((field) => checked.row[field] ?? null)] : [row, checked.message],
  );
  return deflateRawSync(JSON.stringify(tuples));
}

export function unpackRows(item: Item): WaitingRow[] {
  return parseOr(waitingSchema, unpacked(item), 'rows').map(([row, ...rest]) => {
    if (rest.length === 1) return { row, checked: { ok: false, message: rest[0] } };
    const cells = IMPORT_FIELDS.map((field, index) => [field, rest[index] ?? undefined] as const);
    const said: { [Name in ImportField]?: string } = {};
    for (const [field, value] of cells) if (value !== undefined) said[field] = value;
    return { row, checked: { ok: true, row: said } };
  });
}

const resultsSchema = z.array(z.tuple([z.number(), z.enum(VERDICTS), nullable, nullable]));

export const packResults = (results: readonly RowResult[]): Uint8Array =>
  deflateRawSync(
    JSON.stringify(
      results.map(({ row, verdict, userId, message }) => [row, verdict, userId ?? null, message ?? null]),
    ),
  );

export const unpackResults = (item: Item): RowResult[] =>
  parseOr(resultsSchema, unpacked(item), 'results').map(([row, verdict, userId, message]) => ({
    row,
    verdict,
    ...(userId !== null && { userId }),
    ...(message !== null && { message }),
  }));

export const packedItem = (id: string, sk: string, bytes: Uint8Array, startedAt: number): Item => ({
  pk: S(importPagePk(id)),
  sk: S(sk),
  b: B(bytes),
  ttl: N(importTtl(startedAt)),
});

const unpacked = (item: Item): unknown => JSON.parse(inflateRawSync(readB(item, 'b')).toString('utf8'));

function parseOr<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.infer<Schema> {
  const parsed = z.safeParse(schema, value);
  if (!parsed.success) throw new DamagedItemError(`The stored ${what} of an import cannot be read.`);
  return parsed.data;
}
