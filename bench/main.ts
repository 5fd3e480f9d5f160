import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Benchmark, BenchmarkReport, Target } from './benchmark.ts';
import { formatTable, formatTargets } from './table.ts';

// `npm run bench [name]`: runs one benchmark, or all. Prints what was measured next to what is promised and to the last
// run on this machine, and keeps the figures as JSON: bench/results/<name>.json is the run that the project stands by,
// and is only written with --record; bench/results/<name>.local.json is this machine's last one.

const here = import.meta.dirname;
const results = join(here, 'results');

const isBenchmark = (value: unknown): value is Benchmark =>
  typeof value === 'object' && value !== null && 'title' in value && 'run' in value;

const targetSchema = z.object({
  name: z.string(),
  unit: z.string(),
  measured: z.number(),
  spread: z.number(),
  atMost: z.optional(z.number()),
  atLeast: z.optional(z.number()),
});
const resultSchema = z.object({ targets: z.array(targetSchema) });

const names = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'results')
  .map((entry) => entry.name)
  .sort();

const record = process.argv.includes('--record');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark "${unknown.join('", "')}". Choose from: ${names.join(', ')}.`);
  process.exit(1);
}

for (const name of wanted.length > 0 ? wanted : names) {
  const benchmark = await load(name);
  console.log(`\n${name}: ${benchmark.title}\n`);
  const report = await benchmark.run(showStep);
  showStep('');
  for (const table of report.tables) console.log(`${formatTable(table)}\n`);
  console.log(`${formatTargets(report.targets, lastTargets(name))}\n`);
  for (const note of report.notes) console.log(`- ${note}`);
  save(name, report);
}

async function load(name: string): Promise<Benchmark> {
  const module: unknown = await import(`./${name}/benchmark.ts`);
  const benchmark =
    typeof module === 'object' && module !== null && 'benchmark' in module ? module.benchmark : undefined;
  if (!isBenchmark(benchmark)) throw new Error(`bench/${name}/benchmark.ts must export "benchmark".`);
  return benchmark;
}

/** One line that is overwritten, for a person who waits; nothing in a log file. */
function showStep(step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${step}`);
}

function lastTargets(name: string): readonly Target[] {
  try {
    const text = readFileSync(join(results, `${name}.local.json`), 'utf8');
    return z.parse(resultSchema, JSON.parse(text)).targets.map(({ atMost, atLeast, ...target }) => ({
      ...target,
      ...(atMost === undefined ? {} : { atMost }),
      ...(atLeast === undefined ? {} : { atLeast }),
    }));
  } catch {
    // No earlier run, or one of another version: there is nothing to compare with.
    return [];
  }
}

function save(name: string, report: BenchmarkReport): void {
  mkdirSync(results, { recursive: true });
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
  };
  const json = `${JSON.stringify({ machine, ...report }, null, 2)}\n`;
  writeFileSync(join(results, `${name}.local.json`), json);
  if (record) writeFileSync(join(results, `${name}.json`), json);
}
