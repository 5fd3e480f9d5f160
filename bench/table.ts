import type { ReportTable, Target } from './benchmark.ts';

// Reports as text: tables with aligned columns, and targets with their verdicts.

/** Numbers with three significant digits, so that no row pretends to more precision than was measured. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

export function formatTable({ title, columns, rows }: ReportTable): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell)));
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...cells.map((row) => (row[at] ?? '').length)),
  );
  // The first column is a name; figures are compared down the column, so they stand to the right.
  const line = (row: readonly string[]): string =>
    widths
      .map((width, at) => (at === 0 ? (row[at] ?? '').padEnd(width) : (row[at] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  return [title, line(columns), line(widths.map((width) => '─'.repeat(width))), ...cells.map(line)].join(
    '\n',
  );
}

/** The same for a page; Prettier aligns it. */
export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell).replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = columns.map((_, at) => (at === 0 ? '---' : '--:'));
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
}

/**
 * `noise`: on the wrong side of its limit, by less than repeated measurements of it differ. `no target`: nothing is promised
 * of this figure, which stands beside others of which something is.
 */
export type Verdict = 'passes' | 'misses' | 'noise' | 'no target';

export function verdictOf({ measured, spread, atMost, atLeast }: Target): Verdict {
  if (Number.isNaN(measured)) return 'misses';
  if (atMost === undefined && atLeast === undefined) return 'no target';
  const over = Math.max(
    atMost === undefined ? -Infinity : measured - atMost,
    atLeast === undefined ? -Infinity : atLeast - measured,
  );
  if (over <= 0) return 'passes';
  return over <= spread ? 'noise' : 'misses';
}

export function limitOf({ atMost, atLeast }: Target): string {
  if (atMost !== undefined) return `≤ ${formatNumber(atMost)}`;
  return atLeast === undefined ? '' : `≥ ${formatNumber(atLeast)}`;
}

export type Change = 'better' | 'worse' | 'noise' | 'new';

/** How a figure moved since an earlier run; a move within either run's spread is noise. */
export function changeOf(now: Target, before: Target | undefined): Change {
  if (before === undefined) return 'new';
  const moved = now.measured - before.measured;
  if (Math.abs(moved) <= Math.max(now.spread, before.spread)) return 'noise';
  const lowerIsBetter = now.atLeast === undefined;
  return moved < 0 === lowerIsBetter ? 'better' : 'worse';
}

export function formatTargets(targets: readonly Target[], before: readonly Target[]): string {
  return formatTable({
    title: 'Targets',
    columns: ['', 'measured', '±', 'target', '', 'before', 'change'],
    rows: targets.map((target) => {
      const earlier = before.find(({ name }) => name === target.name);
      return [
        target.name,
        `${formatNumber(target.measured)} ${target.unit}`.trimEnd(),
        formatNumber(target.spread),
        limitOf(target),
        verdictOf(target),
        earlier === undefined ? '' : formatNumber(earlier.measured),
        changeOf(target, earlier),
      ];
    }),
  });
}
