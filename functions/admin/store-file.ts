import type { WaitingRow } from '../../adapters/import-item.ts';
import type { ImportStore } from '../../adapters/import-store.ts';
import type { CsvFile } from './read-csv.ts';

// An uploaded file on its way into parts, each an item of bounded size, with only a few parts in memory.

export const FILE_ROWS_MAX = 200_000;
const PART_ROWS_MAX = 1_000;
/** Of text, before it is packed; an item holds 400 KB. */
const PART_CHARACTERS_MAX = 100_000;
const PARTS_AT_ONCE = 8;

export type StoredFile =
  | { readonly kind: 'stored'; readonly parts: number; readonly rows: number }
  | { readonly kind: 'no_rows' }
  | { readonly kind: 'too_many_rows' };

/** What is stored of a file that turns out to be unreadable later expires by itself. */
export async function storeFile(
  imports: ImportStore,
  importId: string,
  file: CsvFile,
  startedAt: number,
): Promise<StoredFile> {
  let parts = 0;
  let rows = 0;
  let waiting: WaitingRow[][] = [];
  const flush = async (): Promise<void> => {
    await imports.putParts(importId, parts, waiting, startedAt);
    parts += waiting.length;
    waiting = [];
  };
  for await (const part of inParts(file)) {
    rows += part.length;
    if (rows > FILE_ROWS_MAX) return { kind: 'too_many_rows' };
    waiting.push(part);
    if (waiting.length === PARTS_AT_ONCE) await flush();
  }
  await flush();
  return rows === 0 ? { kind: 'no_rows' } : { kind: 'stored', parts, rows };
}

async function* inParts(file: CsvFile): AsyncGenerator<WaitingRow[]> {
  let part: WaitingRow[] = [];
  let characters = 0;
  for await (const { line, checked } of file.rows) {
    part.push({ row: line, checked });
    characters += checked.ok ? Object.values(checked.row).join('').length : checked.message.length;
    if (part.length < PART_ROWS_MAX && characters < PART_CHARACTERS_MAX) continue;
    yield part;
    [part, characters] = [[], 0];
  }
  if (part.length > 0) yield part;
}
