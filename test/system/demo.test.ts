import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { expectedUnmapped } from '../../demo/expected-usage.ts';
import { PipelineApi } from '../../demo/pipeline-api.ts';
import { saasDay } from '../../demo/saas-day.ts';
import {
  PROJECT_ROOT,
  startRuntimeProcess,
  temporaryDataDir,
  type RuntimeProcess,
} from '../support/runtime-process.ts';

// `npm run demo` against a pipeline that runs: the command's own check of every total, and what it cannot know by itself.

const USERS = 40;
const DAY = new Date(Date.now() - 2 * 24 * 3600_000).toISOString().slice(0, 10);
const dataDir = temporaryDataDir();
let pipeline: RuntimeProcess;

beforeAll(async () => {
  pipeline = await startRuntimeProcess(dataDir.path, { keys: 'generated' });
}, 60_000);

afterAll(async () => {
  await pipeline.kill();
  dataDir.remove();
});

function generatedAdminKey(): string {
  const file = readFileSync(join(dataDir.path, 'keys.json'), 'utf8');
  return z.object({ adminKey: z.string() }).parse(JSON.parse(file)).adminKey;
}

interface Ended {
  readonly code: number;
  readonly output: string;
}

async function demo(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(
      process.execPath,
      ['demo/main.ts', ...args],
      {
        cwd: PROJECT_ROOT,
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          TALLYHOOK_ADMIN_KEY: '',
          TALLYHOOK_INGEST_KEY: '',
          DATA_DIR: dataDir.path,
          ...env,
        },
      },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
        resolve({ code, output: stdout + stderr });
      },
    );
  });
}

describe('the demo', () => {
  const day = ['--day', DAY, '--seed', '3'];

  test('ends with totals that match, and a second run counts nothing twice', async () => {
    const at = ['--url', pipeline.url];
    const first = await demo([...day, ...at, '--users', String(USERS)]);
    expect(first).toMatchObject({
      code: 0,
      output: expect.stringMatching(/\nTotals match: \d+ uses by 40 users, [1-9]\d* of them new/),
    });

    const api = new PipelineApi(pipeline.url, generatedAdminKey());
    const groups = await api.unmapped();
    expect(new Map(groups.map(({ event, reason, count }) => [`${event}: ${reason}`, count]))).toEqual(
      expectedUnmapped(saasDay({ seed: 3, users: USERS, day: DAY })),
    );

    const second = await demo([...day, ...at, '--users', String(USERS)]);
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining('so 0 new uses were counted') });
    expect(await api.unmapped()).toEqual(groups);
  }, 90_000);

  test.each([
    [
      'a pipeline that is not there',
      ['--url', 'http://127.0.0.1:9'],
      {},
      'No pipeline answers at http://127.0.0.1:9',
    ],
    ['a wrong ingest key', [], { TALLYHOOK_INGEST_KEY: 'wrong' }, 'refuses the ingest key'],
    ['a wrong admin key', [], { TALLYHOOK_ADMIN_KEY: 'wrong' }, 'refuses the admin key'],
    ['no keys at all', [], { DATA_DIR: '/nonexistent' }, 'There are no keys in /nonexistent/keys.json'],
    ['a number of users that is none', ['--users', 'many'], {}, '--users must be a whole number'],
    ['a day that has not been', ['--day', '2999-01-01'], {}, '--day must be a whole day of the past'],
  ])('says in one sentence what to do about %s', async (_, args, env, sentence) => {
    const { code, output } = await demo(['--url', pipeline.url, ...args], env);
    expect({ code, lines: output.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(output).toContain(sentence);
  });
});
