import type { Condition } from './condition-schema.ts';

// Conditions joined by and, or and not, and what of that fits into rules: a rule is a row of conditions that must all
// hold, so a tree becomes a list of such rows, any of which is enough.

export type Logic =
  | { readonly kind: 'condition'; readonly condition: Condition }
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Logic[] };

export const ALWAYS: Logic = { kind: 'always' };
export const NEVER: Logic = { kind: 'never' };

export function condition(value: Condition): Logic {
  return { kind: 'condition', condition: value };
}

export function allOf(parts: readonly Logic[]): Logic {
  return join('and', parts);
}

export function anyOf(parts: readonly Logic[]): Logic {
  return join('or', mergeAlternatives(parts));
}

/** The exact opposite: it holds for exactly the events for which the other does not. */
export function oppositeOf(logic: Logic): Logic {
  switch (logic.kind) {
    case 'always':
      return NEVER;
    case 'never':
      return ALWAYS;
    case 'and':
      return anyOf(logic.parts.map(oppositeOf));
    case 'or':
      return allOf(logic.parts.map(oppositeOf));
    case 'condition':
      return condition(oppositeCondition(logic.condition));
  }
}

/** Rows of conditions, one of which must hold as a whole; undefined when there are more than `rowsMax`. */
export function rowsOf(logic: Logic, rowsMax: number): readonly (readonly Condition[])[] | undefined {
  switch (logic.kind) {
    case 'always':
      return [[]];
    case 'never':
      return [];
    case 'condition':
      return [[logic.condition]];
    case 'or': {
      const rows: (readonly Condition[])[] = [];
      for (const part of logic.parts) {
        const own = rowsOf(part, rowsMax);
        if (own === undefined || rows.length + own.length > rowsMax) return undefined;
        rows.push(...own);
      }
      return rows;
    }
    case 'and': {
      let rows: (readonly Condition[])[] = [[]];
      for (const part of logic.parts) {
        const own = rowsOf(part, rowsMax);
        if (own === undefined || rows.length * own.length > rowsMax) return undefined;
        rows = rows.flatMap((row) => own.map((more) => [...row, ...more]));
      }
      return rows;
    }
  }
}

function join(kind: 'and' | 'or', parts: readonly Logic[]): Logic {
  const neutral = kind === 'and' ? ALWAYS : NEVER;
  const decisive = kind === 'and' ? NEVER : ALWAYS;
  const flat: Logic[] = [];
  for (const part of parts) {
    if (part.kind === decisive.kind) return decisive;
    if (part.kind === kind) flat.push(...part.parts);
    else if (part.kind !== neutral.kind) flat.push(part);
  }
  const [only] = flat;
  if (only === undefined) return neutral;
  return flat.length === 1 ? only : { kind, parts: flat };
}

/** Conditions whose `not` is another operator with exactly the opposite meaning, also on null and on nothing. */
function oppositeCondition(original: Condition): Condition {
  switch (original.operator) {
    case 'equals':
      return { ...original, operator: 'not_equals' };
    case 'not_equals':
      return { ...original, operator: 'equals' };
    case 'in':
      return { ...original, operator: 'not_in' };
    case 'not_in':
      return { ...original, operator: 'in' };
    case 'exists':
      return { ...original, operator: 'not_exists' };
    case 'not_exists':
      return { ...original, operator: 'exists' };
    case 'has_type':
      return { ...original, operator: 'not_has_type' };
    case 'not_has_type':
      return { ...original, operator: 'has_type' };
    default: {
      const { not, ...plain } = original;
      return not === true ? plain : { ...plain, not: true };
    }
  }
}

/** `plan` equals "pro" or `plan` equals "team" is one condition: `plan` in ["pro", "team"]. */
function mergeAlternatives(parts: readonly Logic[]): readonly Logic[] {
  const lists = new Map<
    string,
    { at: number; values: (string | number | boolean | null)[]; condition: Condition }
  >();
  const merged: Logic[] = [];
  for (const part of parts.flatMap((each) => (each.kind === 'or' ? each.parts : [each]))) {
    const values = part.kind === 'condition' ? alternativesIn(part.condition) : undefined;
    if (part.kind !== 'condition' || values === undefined) {
      merged.push(part);
      continue;
    }
    const { path, caseInsensitive, as } = { caseInsensitive: undefined, as: undefined, ...part.condition };
    const key = JSON.stringify([path, caseInsensitive === true, as ?? null]);
    const list = lists.get(key);
    if (list === undefined) {
      lists.set(key, { at: merged.length, values: [...values], condition: part.condition });
      merged.push(part);
    } else {
      for (const value of values) if (!list.values.includes(value)) list.values.push(value);
      merged[list.at] = condition(withValues(list.condition, list.values));
    }
  }
  return merged;
}

function alternativesIn(original: Condition): readonly (string | number | boolean | null)[] | undefined {
  if (original.not === true) return undefined;
  if (original.operator === 'in') return original.value;
  if (original.operator !== 'equals' || Array.isArray(original.value)) return undefined;
  return [original.value];
}

function withValues(original: Condition, values: (string | number | boolean | null)[]): Condition {
  if (original.operator !== 'in' && original.operator !== 'equals') return original;
  return values.length === 1 ? original : { ...original, operator: 'in', value: values };
}
