import type { EventMatcher, Operator } from '../api/rule-queries.ts';

// The operators of rules in the words of the person who reads them. docs/mapping-rules.md says what each means.

export const OPERATOR_WORDS: Readonly<Record<Operator, string>> = {
  equals: 'is',
  not_equals: 'is not',
  in: 'is one of',
  not_in: 'is none of',
  contains: 'contains',
  not_contains: 'is a text without',
  starts_with: 'starts with',
  not_starts_with: 'does not start with',
  ends_with: 'ends with',
  not_ends_with: 'does not end with',
  glob: 'fits the pattern',
  not_glob: 'does not fit the pattern',
  greater_than: 'is more than',
  greater_or_equal: 'is at least',
  less_than: 'is less than',
  less_or_equal: 'is at most',
  exists: 'is there',
  not_exists: 'is not there',
  is_true: 'is true',
  is_false: 'is false',
  has_type: 'is of the type',
  not_has_type: 'is not of the type',
  length_equals: 'has the length',
  length_not_equals: 'has another length than',
  length_greater_than: 'is longer than',
  length_greater_or_equal: 'is at least as long as',
  length_less_than: 'is shorter than',
  length_less_or_equal: 'is at most as long as',
};

/** In the order in which they are offered. */
export const OPERATOR_GROUPS: readonly { readonly group: string; readonly operators: readonly Operator[] }[] =
  [
    { group: 'Value', operators: ['equals', 'not_equals', 'in', 'not_in', 'is_true', 'is_false'] },
    {
      group: 'Text',
      operators: [
        'contains',
        'not_contains',
        'starts_with',
        'not_starts_with',
        'ends_with',
        'not_ends_with',
        'glob',
        'not_glob',
      ],
    },
    { group: 'Number', operators: ['greater_than', 'greater_or_equal', 'less_than', 'less_or_equal'] },
    { group: 'Presence and type', operators: ['exists', 'not_exists', 'has_type', 'not_has_type'] },
    {
      group: 'Length',
      operators: [
        'length_equals',
        'length_not_equals',
        'length_greater_than',
        'length_greater_or_equal',
        'length_less_than',
        'length_less_or_equal',
      ],
    },
  ];

export type EventOperator = EventMatcher['operator'];

export const EVENT_OPERATORS: readonly EventOperator[] = [
  'equals',
  'in',
  'starts_with',
  'ends_with',
  'contains',
  'glob',
  'not_equals',
  'not_in',
  'not_starts_with',
  'not_ends_with',
  'not_contains',
  'not_glob',
];

/** Words of an operator as the API names it in a verdict, where `not` stands before one that is turned round. */
export function wordsOf(operator: string): string {
  const turned = operator.startsWith('not ');
  const name = turned ? operator.slice(4) : operator;
  const words = Object.hasOwn(OPERATOR_WORDS, name)
    ? new Map<string, string>(Object.entries(OPERATOR_WORDS)).get(name)
    : undefined;
  return `${turned ? 'not: ' : ''}${words ?? name}`;
}

/** Whether the operator has nothing to compare with. */
export const takesNoValue = (operator: string): boolean =>
  ['exists', 'not_exists', 'is_true', 'is_false'].includes(operator.replace(/^not /, ''));
