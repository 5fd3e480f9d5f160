import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchmarkResult } from './results.ts';
import { formatNumber, limitOf, markdownTable, verdictOf } from './table.ts';

// docs/performance.md has two marked places that are written from the last results: a table of every target, and the
// tables of each benchmark. All else in the page is by hand.

const PAGE = join(import.meta.dirname, '..', 'docs', 'performance.md');

export function publish(results: readonly BenchmarkResult[]): void {
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, withFigures(page, results));
  console.log(`Wrote the figures of ${results.map(({ benchmark }) => benchmark).join(', ')} into ${PAGE}.`);
}

/** The page with its marked places filled. Throws where a mark is missing. */
export function withFigures(page: string, results: readonly BenchmarkResult[]): string {
  return fill(fill(page, 'targets', targetsOf(results)), 'tables', tablesOf(results));
}

function fill(page: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark}: npm run bench publish -->`, `<!-- end of ${mark} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for the ${mark}: ${begin}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

function targetsOf(results: readonly BenchmarkResult[]): string {
  const rows = results.flatMap(({ benchmark, targets }) =>
    targets.map((target) => [
      benchmark,
      target.name,
      `${formatNumber(target.measured)} ${target.unit}`.trimEnd(),
      formatNumber(target.spread),
      limitOf(target),
      verdictOf(target),
    ]),
  );
  return markdownTable(['benchmark', 'figure', 'measured', '±', 'target', ''], rows);
}

function tablesOf(results: readonly BenchmarkResult[]): string {
  return results
    .map(({ benchmark, title, takenAt, commit, machine, tables, notes }) =>
      [
        `### ${benchmark}: ${title}`,
        `Revision ${commit}, ${takenAt.slice(0, 10)}, ${String(machine.cores)} cores of ${machine.cpu}, Node ${machine.node}.`,
        ...tables.map((table) => `_${table.title}_\n\n${markdownTable(table.columns, table.rows)}`),
        notes.map((note) => `- ${note}`).join('\n'),
      ].join('\n\n'),
    )
    .join('\n\n');
}
