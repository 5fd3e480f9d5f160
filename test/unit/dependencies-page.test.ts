import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as z from 'zod';

// docs/dependencies.md against package.json: a dependency without a reason is one that nobody decided on.

const root = join(import.meta.dirname, '../..');
const versions = z.record(z.string(), z.string());
const manifest = z
  .object({ dependencies: versions, devDependencies: versions, optionalDependencies: versions })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

test('docs/dependencies.md has a line for each direct dependency, and for nothing else', () => {
  const page = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');
  const firstColumn = [...page.matchAll(/^\| (`[^|]+?) *\|/gm)].map(([, cell = '']) => cell);
  const named = firstColumn.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  const direct = Object.values(manifest).flatMap((group) => Object.keys(group));
  expect(named.sort()).toEqual(direct.sort());
});

test('versions are exact, so that what was tested is what runs', () => {
  const all = Object.values(manifest).flatMap((group) => Object.entries(group));
  expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
