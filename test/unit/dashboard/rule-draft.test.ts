import { describe, expect, test } from '@jest/globals';
import { OPERATORS } from '../../../core/mapping/condition-schema.ts';
import type { Condition } from '../../../dashboard/api/rule-queries.ts';
import {
  conditionDraftOf,
  conditionOf,
  kindsOf,
  newCondition,
  withOperator,
} from '../../../dashboard/pages/rules/condition-draft.ts';
import { problemAt, problemsElsewhere } from '../../../dashboard/pages/rules/field-problems.ts';
import { knownPaths } from '../../../dashboard/pages/rules/property-paths.ts';
import { draftOf, missingIn, readDraft } from '../../../dashboard/pages/rules/rule-draft.ts';

// The form of a rule: what it opens it saves again, and nothing is guessed on the way.

const path = 'properties.plan';
const CONDITIONS: readonly Condition[] = [
  { path, operator: 'equals', value: 'pro' },
  { path, operator: 'equals', value: '5' },
  { path, operator: 'equals', value: 5 },
  { path, operator: 'not_equals', value: true },
  { path, operator: 'equals', value: false },
  { path, operator: 'equals', value: null },
  { path, operator: 'equals', value: ['a', 'b'] },
  { path, operator: 'in', value: [1, 2.5, -3] },
  { path, operator: 'in', value: ['pro', 'team'], caseInsensitive: true },
  { path, operator: 'equals', value: '5', as: 'text' },
  { path, operator: 'greater_than', value: 3, as: 'number' },
  { path, operator: 'is_true', as: 'boolean' },
  { path, operator: 'not_glob', value: 'a*', not: true },
  { path, operator: 'has_type', value: 'list' },
  { path, operator: 'length_less_than', value: 3, unit: 'bytes' },
  { path, operator: 'not_exists' },
  // The form has no fields for these.
  { path, operator: 'in', value: ['pro', 5, null] },
  { path, operator: 'equals', value: true, as: 'boolean' },
  { path, operator: 'equals', value: [] },
];

test.each(CONDITIONS.map((condition) => [JSON.stringify(condition), condition] as const))(
  'the form saves %s as it has opened it',
  (_, condition) => {
    expect(conditionOf(conditionDraftOf(condition))).toEqual({ ok: true, condition });
  },
);

test('a rule is saved as it was opened', () => {
  const body = {
    name: 'Exports',
    enabled: false,
    featureId: 'exports',
    event: { operator: 'in' as const, value: ['A', 'B'], caseInsensitive: true },
    conditions: [...CONDITIONS],
    delta: { value: '2.5' },
  };
  expect(readDraft(draftOf(body))).toEqual({ ok: true, body });
});

test.each(OPERATORS)('after choosing %s, the kind of value is one that it compares with', (operator) => {
  for (const before of OPERATORS) {
    const draft = withOperator({ ...newCondition(path, before), text: 'x' }, operator);
    expect(kindsOf(operator)).toContain(draft.kind);
  }
});

describe('what is not a number', () => {
  test.each(['', 'many', '1,5', '0x10', 'Infinity', '1 000'])('%j is not sent as one', (text) => {
    const draft = { ...newCondition(path, 'greater_than'), text };
    expect(conditionOf(draft)).toMatchObject({ ok: false });
  });

  test('in a list keeps the list from being sent', () => {
    const draft = { ...newCondition(path, 'in'), kind: 'numbers' as const, list: ['1', 'x'] };
    expect(conditionOf(draft)).toMatchObject({ ok: false });
  });
});

test('a rule is previewed when nothing that it needs is empty', () => {
  const draft = draftOf({ featureId: 'f', event: { operator: 'equals', value: 'A' }, conditions: [] });
  expect(missingIn(draft)).toBeUndefined();
  expect(missingIn({ ...draft, featureId: '' })).toMatch(/feature/);
  expect(missingIn({ ...draft, conditions: [newCondition()] })).toMatch(/condition/);
  expect(missingIn({ ...draft, event: { ...draft.event, value: '' } })).toMatch(/events/);
});

test('a problem is said at its field, and at none when no field shows it', () => {
  const problems = [
    { path: 'conditions[1].value[2]', message: 'Too long.' },
    { path: 'conditions[10].value', message: 'Another.' },
    { path: 'conditions', message: 'Too many.' },
    { path: '', message: 'Too large.' },
  ];
  expect(problemAt(problems, 'conditions[1].value')).toBe('Too long.');
  expect(problemAt(problems, 'conditions[0].value')).toBeUndefined();
  expect(problemsElsewhere(problems).map(({ message }) => message)).toEqual(['Too many.', 'Too large.']);
});

test('known paths are written so that they can be read again', () => {
  const sample = { plan: 'pro', 'a.b': 1, items: [{ sku: 'x' }, { sku: 'y' }], deep: { er: true }, '': 1 };
  expect(knownPaths([sample])).toEqual([
    { path: 'properties.plan', values: ['pro'] },
    { path: 'properties.a\\.b', values: ['1'] },
    { path: 'properties.items[].sku', values: ['x', 'y'] },
    { path: 'properties.deep.er', values: [] },
  ]);
});
