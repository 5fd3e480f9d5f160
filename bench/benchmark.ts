// What a benchmark is. Each stands in bench/<name>/benchmark.ts and exports `benchmark`; `npm run bench` finds it.

export interface Target {
  /** What is promised, in words: "10,000 rules / 10 rules, matching alone". */
  readonly name: string;
  readonly unit: string;
  readonly measured: number;
  /** How far repeated measurements of this figure lie apart. */
  readonly spread: number;
  /** A figure without a limit is shown among the targets, and is none. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface BenchmarkReport {
  readonly tables: readonly ReportTable[];
  readonly targets: readonly Target[];
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[];
}

export interface Benchmark {
  /** One line for the list of benchmarks. */
  readonly title: string;
  readonly run: (progress: (step: string) => void) => Promise<BenchmarkReport>;
}
