import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findViolations, readProject } from '../../scripts/layout.ts';

// Each rule of the layout is broken on purpose, to prove that it bites; then the real tree is held to all of them.

/** Entries that reach whatever is planted, so that only the planted fault is found. */
function violationsOf(planted: Record<string, string>): string[] {
  const reach = Object.keys(planted)
    .filter((path) => !path.startsWith('test/'))
    .map((path) => `'../${path}';`)
    .join('\n');
  const files = Object.entries({ ...planted, 'scripts/everything.ts': reach });
  return findViolations(files.map(([path, text]) => ({ path, text }))).map(
    ({ path, line, message }) => `${path}${line === undefined ? '' : `:${line}`} ${message}`,
  );
}

describe('imports point inward', () => {
  test.each([
    [
      'core/a.ts',
      `import { x } from '../adapters/x.ts';`,
      'imports adapters/x.ts: core/ may import only from core',
    ],
    ['core/a.ts', `import { x } from 'node:crypto';`, 'imports node:crypto: core/ may import only zod/mini'],
    ['core/a.ts', `import { x } from 'crypto';`, 'imports crypto: core/ may import only zod/mini'],
    ['core/a.ts', `import * as z from 'zod';`, 'imports zod: core/ may import only zod/mini'],
    ['core/a/b.ts', `import type { X } from '../../functions/x/y.ts';`, 'imports functions/x/y.ts'],
    ['core/a.ts', `export * from '../local/x.ts';`, 'imports local/x.ts'],
    ['core/a.ts', `const x = await import('../infra/x.ts');`, 'imports infra/x.ts'],
    ['core/a.ts', `import { x } from '../test/support/x.ts';`, 'the product knows nothing of its tests'],
    ['adapters/a.ts', `import { x } from '../functions/log.ts';`, 'imports functions/log.ts'],
    ['adapters/a.ts', `import { x } from 'node:fs';`, 'imports node:fs: adapters/ may import only'],
    [
      'functions/a/b.ts',
      `import { x } from '@aws-sdk/client-sqs';`,
      'the AWS SDK is called in adapters/ only',
    ],
    ['functions/a/b.ts', `import { x } from '../../local/x.ts';`, 'imports local/x.ts'],
    ['functions/a/b.ts', `import { x } from '../../infra/x.ts';`, 'imports infra/x.ts'],
    ['functions/a/b.ts', `import { x } from '../c/d.ts';`, 'a function does not import another'],
    ['functions/a/b.ts', `import { x } from 'aws-cdk-lib';`, 'imports aws-cdk-lib'],
    [
      'infra/a.ts',
      `import { x } from '../core/x.ts';`,
      'imports core/x.ts: infra/ may import only from infra',
    ],
    ['infra/a.ts', `import { x } from '../adapters/x.ts';`, 'imports adapters/x.ts'],
    ['infra/a.ts', `import { x } from '../functions/log.ts';`, 'imports functions/log.ts'],
    ['infra/a.ts', `import { x } from '@aws-sdk/client-sqs';`, 'the AWS SDK is called in adapters/ only'],
    ['infra/a.ts', `import { x } from '../node_modules/zod/index.js';`, 'imports zod/index.js'],
    [
      'local/a.ts',
      `import { x } from '../functions/process/handler.ts';`,
      'imports functions/process/handler.ts',
    ],
    ['dashboard/a.ts', `import { x } from '../functions/admin/x.ts';`, 'imports functions/admin/x.ts'],
    ['dashboard/a.ts', `import { x } from '../adapters/x.ts';`, 'imports adapters/x.ts'],
    ['dashboard/a.ts', `import { x } from 'node:fs';`, 'imports node:fs: dashboard/ may import only'],
    ['local/a.ts', `import { x } from '../test/support/x.ts';`, 'the product knows nothing of its tests'],
    ['bench/a.ts', `import { x } from '../test/support/x.ts';`, 'the product knows nothing of its tests'],
  ])('%s: %s', (path, text, message) => {
    expect(violationsOf({ [path]: `\n${text}` })).toEqual([expect.stringContaining(`${path}:2 `)]);
    expect(violationsOf({ [path]: text })).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    ['core/a.ts', `import * as z from 'zod/mini'; import { x } from './mapping/x.ts';`],
    ['adapters/a.ts', `import { x } from '@aws-sdk/client-sqs'; import { y } from '../core/y.ts';`],
    [
      'functions/a/b.ts',
      `import { x } from '../log.ts'; import { y } from './c.ts'; import { z } from '../../adapters/z.ts';`,
    ],
    ['infra/a.ts', `import { App } from 'aws-cdk-lib'; import { x } from './x.ts';`],
    ['local/a.ts', `import { x } from '../infra/x.ts'; import { y } from '@aws-sdk/client-sqs';`],
    ['test/unit/a.test.ts', `import { x } from '../../core/x.ts'; import { y } from '@aws-sdk/client-sqs';`],
    ['core/a.ts', `// import { x } from '../adapters/x.ts';\nconst text = "import 'node:fs'";`],
  ])('and may: %s: %s', (path, text) => {
    expect(violationsOf({ [path]: text })).toEqual([]);
  });

  test('and a new folder must say what it may import', () => {
    expect(violationsOf({ 'plugins/a.ts': '' })).toEqual([
      'plugins/a.ts the folder plugins/ has no rule: say in scripts/layout/import-rule.ts what it may import',
    ]);
  });
});

describe('core depends on its arguments alone', () => {
  test.each([
    ['const t = Date.now();', 'take the time'],
    ['const t = new Date();', 'take the time'],
    ['const t = new Date;', 'take the time'],
    ['const t = Date();', 'take the time'],
    ['const { now } = Date;', 'take the time'],
    [`const t = Date['now']();`, 'take the time'],
    ['const t = performance.now();', 'take the time'],
    ['const id = Math.random();', 'take the random number or id'],
    ['const { random } = Math;', 'take the random number or id'],
    ['const id = crypto.randomUUID();', 'take the random value'],
    ['const e = process.env.X;', 'take the setting'],
    ['const e = { process };', 'take the setting'],
    ['const e = globalThis.x;', 'take what it holds'],
    ['setTimeout(() => 1, 5);', 'callers schedule'],
    ['setInterval(() => 1, 5);', 'callers schedule'],
    ['queueMicrotask(() => 1);', 'callers schedule'],
    ['const b = Buffer.from(x);', 'use Uint8Array'],
    ['console.log(x);', 'functions/ log it'],
    ['await fetch(x);', 'let adapters/ fetch'],
    [`const f = require('x');`, 'import it'],
    ['const u = import.meta.url;', 'take the place'],
    ['const f = new Intl.NumberFormat();', 'locale of the machine'],
    ['const c = a.localeCompare(b);', 'locale of the machine'],
    ['const c = a.toLocaleString();', 'locale of the machine'],
    ['const h = new Date(ms).getHours();', 'use getUTCHours'],
    ['const z = new Date(ms).getTimezoneOffset();', 'core counts in UTC'],
  ])('and not: %s', (text, message) => {
    expect(violationsOf({ 'core/a.ts': `\n\n${text}` })).toContainEqual(
      expect.stringMatching(new RegExp(`^core/a\\.ts:3 uses .*${message}`)),
    );
  });

  test.each([
    'const t = new Date(ms).getUTCHours() + Date.UTC(2026, 1) + Date.parse(text);',
    'export function f(now: Date): number { return now instanceof Date ? 1 : Math.max(1, 2); }',
    'const x = event.process + event.now; const y = { process: 1, Date: 2 };',
    'export function settle(process: () => void): void { process(); }',
    `const text = 'Date.now()'; // Math.random()`,
  ])('and may: %s', (text) => {
    expect(violationsOf({ 'core/a.ts': text })).toEqual([]);
  });

  test('while other folders have a clock', () => {
    expect(violationsOf({ 'functions/a/index.ts': 'export const now = Date.now();' })).toEqual([]);
  });
});

describe('secrets are compared in constant time', () => {
  test.each([
    ['functions/a/b.ts', 'const ok = given === session.csrfToken;'],
    ['functions/a/b.ts', 'const ok = session.csrfToken !== given;'],
    ['functions/a/b.ts', 'const ok = (await proofFor(x)) == y;'],
    ['functions/a/b.ts', `const ok = headers['x-signature'] === wanted;`],
    ['functions/a/b.ts', `const ok = (headers.authorization ?? '') === wanted;`],
    ['functions/a/b.ts', 'const ok = apiKey === other.apiKey;'],
    ['adapters/a.ts', 'const ok = signature.equals(wanted);'],
    ['adapters/a.ts', 'const ok = secrets.includes(given);'],
    ['adapters/a.ts', 'const ok = Buffer.compare(password, given) === 0;'],
    ['adapters/a.ts', 'const ok = isDeepStrictEqual(credentials, given);'],
    ['core/a.ts', 'const ok = password.startsWith(given);'],
    ['local/a.ts', 'const ok = adminKey === given;'],
  ])('and not so, in %s: %s', (path, text) => {
    expect(violationsOf({ [path]: `\n${text}` })).toContainEqual(
      expect.stringMatching(new RegExp(`^${path}:2 compares .*: use isSameSecret`)),
    );
  });

  test('nor where a different length throws', () => {
    expect(
      violationsOf({
        'functions/a/b.ts': `import { timingSafeEqual } from 'node:crypto';\nconst ok = timingSafeEqual(left, right);`,
      }),
    ).toEqual([
      expect.stringContaining('functions/a/b.ts:1 uses timingSafeEqual'),
      expect.stringContaining('functions/a/b.ts:2 uses timingSafeEqual'),
    ]);
  });

  test.each([
    'const has = token === undefined || password === null;',
    `const has = signature !== '' && !secrets.includes('');`,
    'const ok = isSameSecret(given, session.csrfToken);',
    'const right = tokens.length === 2 && typeof token === "string" && secretName === other;',
  ])('while one may ask whether there is one: %s', (text) => {
    expect(violationsOf({ 'functions/a/b.ts': text })).toEqual([]);
  });
});

describe('names', () => {
  test.each([
    'core/utils.ts',
    'core/util.ts',
    'adapters/helpers.ts',
    'local/common.ts',
    'test/unit/helpers.ts',
  ])('%s says nothing', (path) => {
    expect(violationsOf({ [path]: '' })).toEqual([expect.stringContaining('name it after what it exports')]);
  });

  test.each([
    'core/index.ts',
    'core/mapping/index.ts',
    'functions/index.ts',
    'functions/a/b/index.ts',
    'local/index.mjs',
  ])('%s is a barrel', (path) => {
    expect(violationsOf({ [path]: '' })).toEqual([expect.stringContaining('is an index file')]);
  });

  test('functions/<name>/index.ts is an entry', () => {
    expect(violationsOf({ 'functions/ingest/index.ts': '' })).toEqual([]);
  });
});

describe('dead files', () => {
  test('are found, also in a circle, and also when a test uses them', () => {
    expect(
      findViolations([
        { path: 'functions/a/index.ts', text: `import '../../core/used.ts';` },
        { path: 'core/used.ts', text: '' },
        { path: 'core/dead.ts', text: '' },
        { path: 'core/circle-1.ts', text: `import './circle-2.ts';` },
        { path: 'core/circle-2.ts', text: `import './circle-1.ts';` },
        { path: 'core/tested.ts', text: '' },
        { path: 'test/unit/tested.test.ts', text: `import '../../core/tested.ts';` },
      ]).map(({ path }) => path),
    ).toEqual(['core/dead.ts', 'core/circle-1.ts', 'core/circle-2.ts', 'core/tested.ts']);
  });

  test('are not what a worker or a child process runs', () => {
    expect(
      findViolations([
        { path: 'local/start.mjs', text: `import('./runtime.ts')` },
        { path: 'local/runtime.ts', text: `new Worker(new URL('./engines/worker.ts', import.meta.url));` },
        { path: 'local/engines/worker.ts', text: `fork(join(import.meta.dirname, 'child.mjs'));` },
        { path: 'local/engines/child.mjs', text: '' },
      ]),
    ).toEqual([]);
  });
});

test('this project keeps its own rules', () => {
  const violations = findViolations(readProject(resolve(import.meta.dirname, '../..')));
  expect(violations.map(({ path, line = 1, message }) => `${path}:${line} ${message}`)).toEqual([]);
});
