import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { conditionMutants, EQUIVALENT } from './condition-mutants.ts';
import { findConditions } from './find-conditions.ts';
import { MUTANTS } from './mutant-list.ts';

// The short slice of the simulation. It runs in processes of its own, because it takes time and chance away from Node.

function run(script: string, ...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((done) => child.on('close', (code) => done({ code, output })));
}

test('whatever fails in 40 seeds, nothing acknowledged is lost and nothing counts twice', async () => {
  const { code, output } = await run('main.ts', '--seeds', '40');
  expect(output).toContain(' 0 violations.');
  expect(output).toMatch(/^40 seeds from 1,/);
  expect(code).toBe(0);
});

test('a seed repeats its run exactly', async () => {
  expect(await run('main.ts', '--seed', '41')).toMatchObject({ code: 0 });
});

test('in every order of a worker and a rule that names its event, the event counts once, whoever dies when', async () => {
  const { code, output } = await run(
    'interleavings.ts',
    '--workers',
    '1',
    '--crashes',
    '1',
    '--only',
    'a new event',
  );
  expect(output.match(/: 0 problems/g)).toHaveLength(3);
  expect(code).toBe(0);
});

test('in every order of a late commit and a redrive, the event counts once and arrives once', async () => {
  const { code, output } = await run(
    'interleavings.ts',
    ...['--workers', '1', '--crashes', '0', '--only', 'redrive'],
  );
  expect(output.match(/: 0 problems/g)).toHaveLength(1);
  expect(code).toBe(0);
});

test.each(['a late commit and the', 'a late sweep', 'two scans'])(
  'in every order of %s and a revert or recount, what the rule counted is taken back once',
  async (race) => {
    const { code, output } = await run(
      'interleavings.ts',
      ...['--workers', '1', '--crashes', '0', '--only', race],
    );
    expect(output.match(/: 0 problems/g)).toHaveLength(race === 'a late sweep' ? 1 : 2);
    expect(code).toBe(0);
  },
);

test('in every order of two who change the same users, each id leads to one user and undoing restores the start', async () => {
  const { code, output } = await run('identity-interleavings.ts', '--crashes', '0', '--except', 'delete');
  expect(output.match(/: 0 problems/g)).toHaveLength(18);
  expect(code).toBe(0);
});

test('in every order of a delete and a merge with its user, all that was part of it is gone and all else is whole', async () => {
  const { code, output } = await run(
    'identity-interleavings.ts',
    '--crashes',
    '0',
    '--only',
    'delete and a merge',
  );
  expect(output.match(/: 0 problems/g)).toHaveLength(2);
  expect(code).toBe(0);
});

test('in 300 random scenarios of users and merges, whoever dies when, nobody is lost and no unit counts twice', async () => {
  const { code, output } = await run('identity-interleavings.ts', '--random', '300');
  expect(output).toContain(': 0 problems');
  expect(code).toBe(0);
});

test('every place of every function that calls AWS is reached by a scene with what is granted and needs all of it, and a commit survives every fault', async () => {
  const { code, output } = await run(
    'crash-matrix.ts',
    ...['--rounds', '1', '--pairs', 'none', '--only', 'process adapters/commit.ts'],
  );
  expect(output).not.toMatch(/^(NEVER REACHED|REACHED AFTER ALL|USED AND|GRANTED AND)/m);
  expect(output).toContain(' 0 violations.');
  expect(code).toBe(0);
});

test.each(MUTANTS)('the mutant "$name" still has a place to be planted', ({ edits }) => {
  for (const { file, find } of edits) {
    const source = readFileSync(resolve(import.meta.dirname, '../..', file), 'utf8');
    expect(source.split(find)).toHaveLength(2);
  }
});

test('a condition whose loss is excused is in the source, and each other one is a mutant', () => {
  const root = resolve(import.meta.dirname, '../..');
  const mutants = conditionMutants(root);
  expect(mutants.length + EQUIVALENT.size).toBe(findConditions(root).length);
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
