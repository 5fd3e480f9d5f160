import { fork } from 'node:child_process';
import { once } from 'node:events';
import { benchmarkNames, loadBenchmark } from './benchmarks.ts';
import { compareRevisions } from './compare-revisions.ts';
import { parseOptions, USAGE } from './options.ts';
import { publish } from './publish.ts';
import { lastResult, RESULTS, saveResult } from './results.ts';
import { formatTable, formatTargets } from './table.ts';

// `npm run bench`: prints what was measured next to what is promised and to the last run on this machine, and keeps the
// figures as JSON in bench/results/ (BENCH_RESULTS names another folder).

const known = benchmarkNames();
const options = parseOptions(process.argv.slice(2), known);
const folder = process.env['BENCH_RESULTS'] ?? RESULTS;

switch (options.kind) {
  case 'wrong':
    console.error(`${options.message}\n\n${USAGE}`);
    process.exitCode = 1;
    break;
  case 'publish':
    publish(known.flatMap((name) => lastResult(name, folder) ?? []));
    break;
  case 'compare':
    await compareRevisions(options.revision, options.names, showStep);
    break;
  case 'run': {
    const [only, ...others] = options.names;
    if (only !== undefined && others.length === 0) await run(only);
    else await runEach(options.names);
  }
}

async function run(name: string): Promise<void> {
  const { title, run } = await loadBenchmark(name);
  console.log(`\n${name}: ${title}\n`);
  const before = lastResult(name, folder);
  const report = await run(showStep);
  showStep('');
  for (const table of report.tables) console.log(`${formatTable(table)}\n`);
  console.log(`${formatTargets(report.targets, before?.targets ?? [])}\n`);
  for (const note of report.notes) console.log(`- ${note}`);
  saveResult(name, title, report, folder);
}

/** Each in a process of its own: what one made of the heap and the compiler is not what the next is measured with. */
async function runEach(names: readonly string[]): Promise<void> {
  const failed: string[] = [];
  for (const name of names) {
    const child = fork(import.meta.filename, [name]);
    await once(child, 'exit');
    if (child.exitCode !== 0) failed.push(name);
  }
  if (failed.length === 0) return;
  console.error(`\nThese benchmarks failed, see above: ${failed.join(', ')}.`);
  process.exitCode = 1;
}

/** One line that is overwritten, for a person who waits; nothing in a log file. */
function showStep(step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${step}`);
}
