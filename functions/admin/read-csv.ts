import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse, type Parser } from 'csv-parse';
import {
  checkImportRow,
  IMPORT_FIELDS,
  type CheckedImportRow,
  type ImportField,
} from '../../core/imports/import-row.ts';

// A file of users, row by row, in bounded memory however large it unpacks to. What makes the file as a whole unreadable
// (no UTF-8, quotes that do not close, no columns that we know) throws CsvFileError, with a sentence for the person who
// made it; what is wrong with one row is that row's result.

export class CsvFileError extends Error {
  override readonly name = 'CsvFileError';
  readonly kind: 'unreadable' | 'too_large';

  constructor(message: string, kind: 'unreadable' | 'too_large' = 'unreadable') {
    super(message);
    this.kind = kind;
  }
}

export interface CsvRow {
  /** The line of the file on which the row ends; the header is line 1. */
  readonly line: number;
  readonly checked: CheckedImportRow;
}

export interface CsvFile {
  /** Columns of the file that no field takes, as the file writes them. */
  readonly ignoredColumns: readonly string[];
  readonly rows: AsyncIterable<CsvRow>;
}

/** Unpacked. 100,000 rows of an ordinary company are 8 MB. */
export const CSV_BYTES_MAX = 64 * 1024 * 1024;
/** A row with every field at its limit has 2,100 characters; a quote that is never closed must not fill the memory. */
const RECORD_CHARACTERS_MAX = 64 * 1024;
const COLUMNS_SHOWN_MAX = 20;
const COLUMN_SHOWN_LENGTH_MAX = 60;

/** Header names, without case and without anything that is not a letter. */
const COLUMNS: Readonly<Record<string, ImportField>> = {
  userid: 'userId',
  email: 'email',
  emailaddress: 'email',
  name: 'name',
  fullname: 'name',
  billingid: 'billingId',
  billinguserid: 'billingId',
};

/** `bytes` as they were sent: CSV in UTF-8, or that packed with gzip. Throws CsvFileError, also while rows are read. */
export async function readCsv(bytes: Uint8Array, bytesMax = CSV_BYTES_MAX): Promise<CsvFile> {
  if (bytes.byteLength === 0) throw new CsvFileError('The file is empty: send CSV with a header line.');
  const records = recordsOf(bytes, bytesMax);
  const first = await records.next();
  if (first.done === true) throw new CsvFileError('The file is empty: send CSV with a header line.');
  const { fields, ignoredColumns } = readHeader(first.value.cells);
  return { ignoredColumns, rows: rowsOf(records, fields) };
}

async function* rowsOf(
  records: AsyncGenerator<CsvRecord>,
  fields: readonly (ImportField | undefined)[],
): AsyncGenerator<CsvRow> {
  for await (const { cells, line } of records) {
    if (cells.length > fields.length && cells.slice(fields.length).some((cell) => cell !== '')) {
      const message = `The row has ${String(cells.length)} cells, the header ${String(fields.length)}: quote cells that contain the separator.`;
      yield { line, checked: { ok: false, message } };
      continue;
    }
    const byField: { [Name in ImportField]?: string } = {};
    for (const [index, field] of fields.entries()) {
      if (field !== undefined) byField[field] = withoutFormulaGuard(cells[index] ?? '');
    }
    yield { line, checked: checkImportRow(byField) };
  }
}

/** What an export (csv.ts) puts before a text that a spreadsheet would take for a formula. */
const withoutFormulaGuard = (cell: string): string => (/^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);

function readHeader(cells: readonly string[]): {
  fields: readonly (ImportField | undefined)[];
  ignoredColumns: readonly string[];
} {
  const fields = cells.map((cell) => COLUMNS[cell.toLowerCase().replaceAll(/[^a-z]/g, '')]);
  const twice = IMPORT_FIELDS.find((field) => fields.filter((other) => other === field).length > 1);
  if (twice !== undefined) {
    throw new CsvFileError(`Two columns of the header mean ${twice}: remove or rename one.`);
  }
  if (!fields.some((field) => field !== undefined && field !== 'name')) {
    throw new CsvFileError(
      `The first line must name the columns: userId, email, name, billingId, and at least one of userId, email and billingId. It says: ${shown(cells).join(', ')}.`,
    );
  }
  return { fields, ignoredColumns: shown(cells.filter((_, index) => fields[index] === undefined)) };
}

const shown = (columns: readonly string[]): string[] =>
  columns.slice(0, COLUMNS_SHOWN_MAX).map((column) => column.trim().slice(0, COLUMN_SHOWN_LENGTH_MAX));

interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

async function* recordsOf(bytes: Uint8Array, bytesMax: number): AsyncGenerator<CsvRecord> {
  const text = textOf(bytes, bytesMax);
  const start = await text.next();
  if (start.done === true) return;
  const parser: Parser = parse({
    bom: true,
    delimiter: separatorOf(start.value),
    // Any of them, also mixed: files are put together from several.
    record_delimiter: ['\r\n', '\n', '\r'],
    // How many cells a row has is judged by the header, with a sentence.
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    // A record may only become another list of texts: the line goes first.
    on_record: (cells, { lines }) => [String(lines), ...cells],
  });
  // `pipeline` would end the parser quietly; a failure of the source must end the loop below with its error.
  const source = Readable.from(withFirst(start.value, text));
  source.once('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    const records: AsyncIterable<string[]> = parser;
    for await (const [line, ...cells] of records) yield { cells, line: Number(line) };
  } catch (error) {
    throw error instanceof CsvError ? new CsvFileError(sentenceOf(error)) : error;
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** The text of the file in pieces; none is empty. */
async function* textOf(bytes: Uint8Array, bytesMax: number): AsyncGenerator<string> {
  if (bytes[0] === 0xfe || bytes[0] === 0xff) throw notUtf8();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let size = 0;
  try {
    for await (const piece of unpacked(bytes)) {
      size += piece.byteLength;
      if (size > bytesMax) {
        throw new CsvFileError(
          `The file is larger than ${String(bytesMax / 1024 / 1024)} MB: split it.`,
          'too_large',
        );
      }
      const text = decoder.decode(piece, { stream: true });
      if (text !== '') yield text;
    }
    decoder.decode();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw notUtf8();
    if (code.startsWith('Z_')) {
      throw new CsvFileError('The file is packed with gzip, but damaged: pack it again.');
    }
    throw error;
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

const PIECE_BYTES = 64 * 1024;

async function* unpacked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (isGzip) {
    const source = Readable.from([bytes]);
    const pieces: AsyncIterable<Uint8Array> = source.pipe(createGunzip());
    yield* pieces;
    return;
  }
  for (let start = 0; start < bytes.byteLength; start += PIECE_BYTES) {
    yield bytes.subarray(start, start + PIECE_BYTES);
  }
}

async function* withFirst(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

/** Spreadsheets of many countries write semicolons, and some tools tabs: what the header line has most of. */
function separatorOf(text: string): string {
  const [header = ''] = text.split(/\r|\n/, 1);
  const countOf = (separator: string): number => header.split(separator).length;
  return [',', ';', '\t'].reduce((best, other) => (countOf(other) > countOf(best) ? other : best));
}

const notUtf8 = (): CsvFileError =>
  new CsvFileError('The file is not UTF-8: in a spreadsheet, save it as "CSV UTF-8".');

function sentenceOf({ code, lines }: CsvError): string {
  const at = typeof lines === 'number' ? `Line ${String(lines)}` : 'A line';
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return `${at}: a quote (") is opened and never closed.`;
    case 'CSV_MAX_RECORD_SIZE':
      return `${at}: a row is longer than ${String(RECORD_CHARACTERS_MAX / 1024)} KB; perhaps a quote (") is never closed before it.`;
    case 'INVALID_OPENING_QUOTE':
      return `${at}: a quote (") stands inside a cell that is not quoted: quote the whole cell, and write the quote twice.`;
    case 'CSV_INVALID_CLOSING_QUOTE':
      return `${at}: a quoted cell goes on after its closing quote ("): inside of a cell, write the quote twice.`;
    default:
      return `${at} cannot be read as CSV.`;
  }
}
