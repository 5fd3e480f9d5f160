import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareTargets } from './compare-targets.ts';
import { interleave } from './interleave.ts';
import { lastResult, type BenchmarkResult } from './results.ts';
import { formatTable } from './table.ts';

// Two revisions side by side. The other one is checked out beside this tree, is given the benchmarks and the packages of
// this one, so that only the product differs, and both run in turns, one short run each at a time.

const ROUNDS = 5;
const project = join(import.meta.dirname, '..');
const git = (...args: readonly string[]): string =>
  execFileSync('git', args, { cwd: project, encoding: 'utf8' }).trim();

export async function compareRevisions(
  revision: string,
  names: readonly string[],
  progress: (step: string) => void,
): Promise<void> {
  const commit = git('rev-parse', '--verify', `${revision}^{commit}`);
  const folder = mkdtempSync(join(tmpdir(), 'tallyhook-compare-'));
  const other = join(folder, 'tree');
  try {
    git('worktree', 'add', '--detach', '--quiet', other, commit);
    rmSync(join(other, 'bench'), { recursive: true });
    cpSync(join(project, 'bench'), join(other, 'bench'), {
      recursive: true,
      filter: (path) => path !== join(project, 'bench', 'results'),
    });
    symlinkSync(join(project, 'node_modules'), join(other, 'node_modules'));
    for (const name of names) {
      const { ours, theirs } = await interleave(
        () => runIn(project, name),
        () => runIn(other, name),
        (step) => {
          progress(`${name}: ${step}`);
        },
        ROUNDS,
      );
      progress('');
      console.log(`\n${formatTable(compareTargets(`${name}: this tree / ${revision}`, theirs, ours))}`);
    }
  } finally {
    git('worktree', 'remove', '--force', other);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One short run of a benchmark in a tree; its report goes to the caller, not to the console. */
async function runIn(tree: string, name: string): Promise<BenchmarkResult> {
  const results = mkdtempSync(join(tmpdir(), 'tallyhook-results-'));
  try {
    const child = fork(join(tree, 'bench', 'main.ts'), [name], {
      cwd: tree,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { BENCH_TURNS: '1', ...process.env, BENCH_RESULTS: results },
    });
    await once(child, 'exit');
    const result = lastResult(name, results);
    if (result === undefined) throw new Error(`${name} gave no result in ${tree}.`);
    return result;
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}
