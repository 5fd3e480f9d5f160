import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { BenchmarkReport } from './benchmark.ts';

// bench/results/<name>.json: this machine's last run of a benchmark, with the revision and the machine that it is about.
// They are not committed; what the project stands by is in docs/performance.md, which `npm run bench publish` writes.

const targetSchema = z.object({
  name: z.string(),
  unit: z.string(),
  measured: z.number(),
  spread: z.number(),
  atMost: z.exactOptional(z.number()),
  atLeast: z.exactOptional(z.number()),
});
const resultSchema = z.object({
  benchmark: z.string(),
  title: z.string(),
  takenAt: z.string(),
  /** `-dirty` follows where the tree had changes that are in no commit. */
  commit: z.string(),
  machine: z.object({ node: z.string(), platform: z.string(), cpu: z.string(), cores: z.number() }),
  tables: z.array(
    z.object({
      title: z.string(),
      columns: z.array(z.string()),
      rows: z.array(z.array(z.union([z.string(), z.number()]))),
    }),
  ),
  targets: z.array(targetSchema),
  notes: z.array(z.string()),
});

export type BenchmarkResult = z.infer<typeof resultSchema>;

const fileOf = (folder: string, name: string): string => join(folder, `${name.replaceAll('/', '-')}.json`);
export const RESULTS = join(import.meta.dirname, 'results');

export function saveResult(
  benchmark: string,
  title: string,
  report: BenchmarkReport,
  folder = RESULTS,
): BenchmarkResult {
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
  };
  const result = {
    benchmark,
    title,
    takenAt: new Date().toISOString(),
    commit: commit(),
    machine,
    ...report,
  };
  mkdirSync(folder, { recursive: true });
  // What is not a number is null in JSON, and would be no figure when it is read again.
  const text = JSON.stringify(result, null, 2);
  writeFileSync(fileOf(folder, benchmark), `${text}\n`);
  return z.parse(resultSchema, JSON.parse(text));
}

/** Undefined where there is no run that this version can read. */
export function lastResult(benchmark: string, folder = RESULTS): BenchmarkResult | undefined {
  try {
    return z.parse(resultSchema, JSON.parse(readFileSync(fileOf(folder, benchmark), 'utf8')));
  } catch {
    return undefined;
  }
}

function commit(): string {
  try {
    const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const;
    return execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], options).trim();
  } catch {
    // A tree that was unpacked from an archive.
    return 'unknown';
  }
}
