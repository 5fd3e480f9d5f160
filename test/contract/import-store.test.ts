import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ImportJob } from '../../adapters/import-item.ts';
import { ImportStore } from '../../adapters/import-store.ts';
import { NO_VERDICTS } from '../../core/imports/import-verdict.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let imports: ImportStore;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  imports = new ImportStore(dynamo.client, (await dynamo.tables()).operations);
});

const ID = 'import_0000000000001_0123456789ab';
const JOB: ImportJob = {
  id: ID,
  kind: 'csv',
  dryRun: false,
  status: 'running',
  total: 2,
  done: 0,
  counts: NO_VERDICTS,
  parts: 0,
  pages: 0,
  ignoredColumns: [],
  actor: 'somebody',
  startedAt: 1,
};
const STEP = { results: [], cursor: '1' };

test('an import that is begun again by a late request goes on where it is', async () => {
  await imports.create(JOB);
  expect(await imports.advance(JOB, STEP)).toBe(true);
  await imports.create(JOB);
  expect(await imports.get(ID)).toMatchObject({ pages: 1, cursor: '1' });
});

test('of two who do the same page, one moves the import and the other learns it', async () => {
  await imports.create(JOB);
  expect(await imports.advance(JOB, STEP)).toBe(true);
  expect(await imports.advance(JOB, { ...STEP, cursor: 'elsewhere' })).toBe(false);
  expect(await imports.get(ID)).toMatchObject({ pages: 1, cursor: '1' });
});

test('whoever was overtaken does not end the import', async () => {
  await imports.create(JOB);
  await imports.advance(JOB, STEP);
  await imports.finish(JOB, 5);
  await imports.fail(JOB, 'It cannot go on.', 5);
  expect(await imports.get(ID)).toMatchObject({ status: 'running', pages: 1 });
});

test('an import that has ended stays as it ended', async () => {
  await imports.create(JOB);
  await imports.finish(JOB, 5);
  await imports.fail(JOB, 'It cannot go on.', 6);
  expect(await imports.advance(JOB, STEP)).toBe(false);
  expect(await imports.get(ID)).toMatchObject({ status: 'done', finishedAt: 5 });
});
