import { compileGlob } from './glob.ts';
import { foldCase } from './letter-case.ts';
import type { EventMatcher } from './rule.ts';

/** Whether a name is accepted. The name is compared as sent: nothing is trimmed. */
export type NameTest = (name: string) => boolean;

/** The only names that a matcher accepts; undefined when they cannot be listed. */
export function exactNames(matcher: EventMatcher): readonly string[] | undefined {
  if (matcher.caseInsensitive === true) return undefined;
  if (matcher.operator === 'equals') return [matcher.value];
  return matcher.operator === 'in' ? matcher.value : undefined;
}

export function compileEventMatcher(matcher: EventMatcher): NameTest {
  const fold = matcher.caseInsensitive === true;
  const plain = fold ? foldCase : (name: string) => name;
  switch (matcher.operator) {
    case 'in':
    case 'not_in': {
      const names = new Set(matcher.value.map(plain));
      const wanted = matcher.operator === 'in';
      return (name) => names.has(plain(name)) === wanted;
    }
    case 'glob':
    case 'not_glob': {
      const matches = compileGlob(matcher.value, fold);
      const wanted = matcher.operator === 'glob';
      return (name) => matches(name) === wanted;
    }
    default: {
      const value = plain(matcher.value);
      const compare = comparisonOf(matcher.operator);
      return (name) => compare(plain(name), value);
    }
  }
}

type TextMatcher = Exclude<EventMatcher['operator'], 'in' | 'not_in' | 'glob' | 'not_glob'>;

function comparisonOf(operator: TextMatcher): (name: string, value: string) => boolean {
  switch (operator) {
    case 'equals':
      return (name, value) => name === value;
    case 'not_equals':
      return (name, value) => name !== value;
    case 'contains':
      return (name, value) => name.includes(value);
    case 'not_contains':
      return (name, value) => !name.includes(value);
    case 'starts_with':
      return (name, value) => name.startsWith(value);
    case 'not_starts_with':
      return (name, value) => !name.startsWith(value);
    case 'ends_with':
      return (name, value) => name.endsWith(value);
    case 'not_ends_with':
      return (name, value) => !name.endsWith(value);
  }
}
