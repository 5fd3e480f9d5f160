import { readdirSync } from 'node:fs';
import type { Benchmark } from './benchmark.ts';

/** Every folder of bench/ that has a benchmark.ts, by name. */
export function benchmarkNames(): readonly string[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name === 'benchmark.ts' && entry.parentPath !== import.meta.dirname)
    .map((entry) => entry.parentPath.slice(import.meta.dirname.length + 1))
    .sort();
}

export async function loadBenchmark(name: string): Promise<Benchmark> {
  const module: unknown = await import(`./${name}/benchmark.ts`);
  const benchmark =
    typeof module === 'object' && module !== null && 'benchmark' in module ? module.benchmark : undefined;
  if (!isBenchmark(benchmark)) throw new Error(`bench/${name}/benchmark.ts must export "benchmark".`);
  return benchmark;
}

const isBenchmark = (value: unknown): value is Benchmark =>
  typeof value === 'object' && value !== null && 'title' in value && 'run' in value;
