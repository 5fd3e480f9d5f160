import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { cacheFolder, cachedAssembly, type CachedAssembly } from '../../../local/template/template-cache.ts';

let projectRoot = '';
let made = 0;

beforeEach(() => {
  projectRoot = mkdtempSync(join(tmpdir(), 'tallyhook-cache-'));
  made = 0;
  for (const folder of ['infra', 'core/mapping']) mkdirSync(join(projectRoot, folder), { recursive: true });
  write('infra/stack.ts', 'one');
  write('core/mapping/rule.ts', 'one');
  write('README.md', 'one');
});

afterEach(() => {
  rmSync(projectRoot, { recursive: true });
});

const write = (file: string, content: string): void => {
  writeFileSync(join(projectRoot, file), content);
};

const start = (): Promise<CachedAssembly> =>
  cachedAssembly({
    projectRoot,
    synthesize: (folder) => {
      made += 1;
      mkdirSync(folder);
      writeFileSync(join(folder, 'made'), String(made));
      return Promise.resolve();
    },
  });

test('an unchanged project is synthesised once', async () => {
  const first = await start();
  const second = await start();
  expect([first.hit, second.hit, made]).toEqual([false, true, 1]);
  expect(second.folder).toBe(first.folder);
  expect(readFileSync(join(second.folder, 'made'), 'utf8')).toBe('1');
});

test.each([
  [
    'changed',
    () => {
      write('core/mapping/rule.ts', 'two');
    },
  ],
  [
    'added',
    () => {
      write('core/mapping/new.ts', '');
    },
  ],
  [
    'removed',
    () => {
      rmSync(join(projectRoot, 'infra/stack.ts'));
    },
  ],
  [
    'renamed',
    () => {
      rmSync(join(projectRoot, 'infra/stack.ts'));
      write('infra/stock.ts', 'one');
    },
  ],
  [
    'added beside, and configures the stack',
    () => {
      write('cdk.json', '{}');
    },
  ],
])('a file that the stack is made from, %s, means another synthesis', async (_, change) => {
  await start();
  change();
  expect((await start()).hit).toBe(false);
});

test('going back to an earlier state finds what was made for it', async () => {
  await start();
  write('infra/stack.ts', 'two');
  await start();
  write('infra/stack.ts', 'one');
  expect((await start()).hit).toBe(true);
});

test('files that the stack is not made from change nothing', async () => {
  await start();
  write('README.md', 'two');
  expect((await start()).hit).toBe(true);
});

test('a synthesis that fails leaves nothing behind', async () => {
  const failing = cachedAssembly({
    projectRoot,
    synthesize: (folder) => {
      mkdirSync(folder);
      return Promise.reject(new Error('no stack today'));
    },
  });
  await expect(failing).rejects.toThrow('no stack today');
  expect(readdirSync(cacheFolder(projectRoot, 'assembly'))).toEqual([]);
});

test('of many, those used last are kept', async () => {
  const first = await start();
  for (let edit = 0; edit < 12; edit += 1) {
    write('infra/stack.ts', String(edit));
    await start();
    // Between the edits somebody keeps going back to the first state.
    write('infra/stack.ts', 'one');
    expect((await start()).folder).toBe(first.folder);
  }
  const kept = readdirSync(cacheFolder(projectRoot, 'assembly'));
  expect(kept).toHaveLength(10);
  expect(kept).toContain(basename(first.folder));
});
