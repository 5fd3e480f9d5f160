import { expect, test } from '@jest/globals';
import type { ImportJob } from '../../../adapters/import-item.ts';
import { NO_VERDICTS } from '../../../core/imports/import-verdict.ts';
import { csvSource } from '../../../functions/csv-source.ts';

const job: ImportJob = {
  id: 'import_0000000000000_000000000000',
  kind: 'csv',
  dryRun: false,
  status: 'running',
  done: 2,
  counts: NO_VERDICTS,
  parts: 1,
  pages: 1,
  ignoredColumns: [],
  actor: 'somebody',
  startedAt: 0,
};

test('an import that was cut off between its last row and its end is at its end, and asks for no part that is not there', async () => {
  const source = csvSource({ part: () => Promise.reject(new Error('A part is missing.')) });
  expect(await source.page({ ...job, cursor: '1 0' })).toEqual({ kind: 'page', rows: [], isLast: true });
});
