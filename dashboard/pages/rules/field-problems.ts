import type { FieldProblem } from '../../api/api-error.ts';

// The problems of a rule, each at the field of the form that it is about. Pure.

/** The sentences for a field, and for what is within it: `conditions[0].value` has those of `conditions[0].value[2]`. */
export function problemAt(
  problems: readonly FieldProblem[],
  ...fields: readonly string[]
): string | undefined {
  const found = problems.filter(({ path }) => fields.some((field) => isWithin(path, field)));
  return found.length === 0 ? undefined : [...new Set(found.map(({ message }) => message))].join(' ');
}

const isWithin = (path: string, field: string): boolean =>
  path === field || path.startsWith(`${field}[`) || path.startsWith(`${field}.`);

/** Those that no field of the form shows. */
export function problemsElsewhere(problems: readonly FieldProblem[]): FieldProblem[] {
  const shown = ['name', 'featureId', 'event', 'conditions', 'delta'];
  return problems.filter(
    ({ path }) => path === 'conditions' || !shown.some((field) => isWithin(path, field)),
  );
}
