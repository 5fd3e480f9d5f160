import type { ImportStore } from '../adapters/import-store.ts';
import type { RowSource } from './work-import.ts';

// The rows of an uploaded file. A cursor is the number of a part, and how many of its rows are done.

export const csvSource = (imports: Pick<ImportStore, 'part'>): RowSource => ({
  page: async ({ id, parts, cursor = '0 0' }) => {
    const [part = 0, done = 0] = cursor.split(' ').map(Number);
    // All rows are done, and whoever did the last of them was cut off before saying so.
    if (part >= parts) return { kind: 'page', rows: [], isLast: true };
    const rows = await imports.part(id, part);
    const isLast = part + 1 >= parts;
    return {
      kind: 'page',
      rows: rows.slice(done).map((row, index) => ({
        ...row,
        cursor:
          done + index + 1 < rows.length
            ? `${String(part)} ${String(done + index + 1)}`
            : `${String(part + 1)} 0`,
      })),
      isLast,
    };
  },
});
