import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ADMIN_KEY,
  startRuntimeProcess,
  temporaryDataDir,
  type RuntimeProcess,
} from '../support/runtime-process.ts';

// `npm run import` as a person runs it, against a pipeline that runs.

const PROJECT = resolve(import.meta.dirname, '../..');
const dataDir = temporaryDataDir();
let pipeline: RuntimeProcess;

beforeAll(async () => {
  pipeline = await startRuntimeProcess(dataDir.path);
}, 60_000);

afterAll(async () => {
  await pipeline.kill();
  dataDir.remove();
});

interface Ended {
  readonly code: number;
  readonly output: string;
}

const importing = (...args: readonly string[]): Promise<Ended> =>
  new Promise((done) => {
    execFile(
      process.execPath,
      ['scripts/import.ts', ...args, '--url', pipeline.url],
      { cwd: PROJECT, env: { ...process.env, NODE_OPTIONS: '', TALLYHOOK_ADMIN_KEY: ADMIN_KEY } },
      (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
      },
    );
  });

function fileWith(name: string, lines: readonly string[]): string {
  const path = join(dataDir.path, name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

test('a file is tried, imported in the background, and changes nothing when it is imported again', async () => {
  const rows = Array.from({ length: 600 }, (_, n) => `user-${String(n)},user-${String(n)}@example.com`);
  const path = fileWith('users.csv', ['userId,email', ...rows]);
  expect(await importing(path, '--dry-run')).toMatchObject({
    code: 0,
    output: expect.stringContaining('Would be, of 600 rows: create 600.'),
  });
  expect(await importing(path)).toMatchObject({
    code: 0,
    output: expect.stringContaining('Done, of 600 rows: create 600.'),
  });
  expect(await importing(path)).toMatchObject({
    code: 0,
    output: expect.stringContaining('Done, of 600 rows: unchanged 600.'),
  });
}, 60_000);

test('rows that cannot be used are told by their line, and make it fail', async () => {
  const path = fileWith('broken.csv', ['userId,email,phone', 'ada,ada@example.com,1', 'bob,no address,2']);
  const { code, output } = await importing(path);
  expect(code).toBe(1);
  expect(output).toContain('Columns that mean nothing to an import: phone.');
  expect(output).toContain('Done, of 2 rows: create 1, error 1.');
  expect(output).toMatch(/row 3, error: .+/);
});

test('what cannot be done is said in a sentence', async () => {
  expect(await importing('stripe')).toEqual({
    code: 1,
    output: 'Stripe is not configured: put stripeApiKey into the billing secret.\n',
  });
  expect(await importing('stripe', '--dry-run')).toEqual({
    code: 1,
    output: '--dry-run is for files: a provider is imported at once.\n',
  });
  expect((await importing('no-such-file.csv')).output).toMatch(
    /^no-such-file\.csv cannot be read \(.*\): say stripe, chargebee, or the name of a file\.\n$/,
  );
  expect((await importing()).output).toContain('npm run import -- stripe | chargebee | FILE.csv');
});
