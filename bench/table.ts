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

export type Verdict = 'met' | 'missed' | 'within noise';

/** A figure on the wrong side of its limit by less than its spread is not a miss: a second run may find it met. */
export function verdictOf({ measured, spread, atMost, atLeast }: Target): Verdict {
  const over = Math.max(
    atMost === undefined ? -Infinity : measured - atMost,
    atLeast === undefined ? -Infinity : atLeast - measured,
  );
  if (over <= 0) return 'met';
  return over <= spread ? 'within noise' : 'missed';
}

export type Change = 'faster' | 'slower' | 'noise' | 'new';

/** How a figure moved since an earlier run; a move within either run's spread is noise. */
export function changeOf(now: Target, before: Target | undefined): Change {
  if (before === undefined) return 'new';
  const moved = now.measured - before.measured;
  if (Math.abs(moved) <= Math.max(now.spread, before.spread)) return 'noise';
  const lowerIsBetter = now.atLeast === undefined;
  return moved < 0 === lowerIsBetter ? 'faster' : 'slower';
}

export function formatTargets(targets: readonly Target[], before: readonly Target[]): string {
  return formatTable({
    title: 'Targets',
    columns: ['', 'measured', '±', 'limit', '', 'before', 'change'],
    rows: targets.map((target) => {
      const earlier = before.find(({ name }) => name === target.name);
      const limit =
        target.atMost === undefined
          ? `≥ ${formatNumber(target.atLeast ?? NaN)}`
          : `≤ ${formatNumber(target.atMost)}`;
      return [
        target.name,
        `${formatNumber(target.measured)} ${target.unit}`.trimEnd(),
        formatNumber(target.spread),
        limit,
        verdictOf(target),
        earlier === undefined ? '' : formatNumber(earlier.measured),
        changeOf(target, earlier),
      ];
    }),
  });
}
