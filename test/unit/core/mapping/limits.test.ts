import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '../../../../core/json-value.ts';
import { RULE_LIMITS } from '../../../../core/mapping/limits.ts';
import { checkRuleBody } from '../../../../core/mapping/rule.ts';

const limits = RULE_LIMITS;
const body = (changes: JsonObject): JsonObject => ({
  featureId: 'f',
  event: { operator: 'equals', value: 'E' },
  ...changes,
});
const condition = (operator: string, value: JsonValue, path = 'properties.a'): JsonObject => ({
  conditions: [{ path, operator, value }],
});

interface Limit {
  readonly name: string;
  readonly field: string;
  readonly at: (size: number) => JsonObject;
  readonly max: number;
  readonly message: string;
}

const ENFORCED: readonly Limit[] = [
  {
    name: 'nameLengthMax',
    field: 'name',
    at: (size) => ({ name: 'x'.repeat(size) }),
    max: limits.nameLengthMax,
    message: 'A name can have at most 200 characters.',
  },
  {
    name: 'featureIdLengthMax',
    field: 'featureId',
    at: (size) => ({ featureId: 'x'.repeat(size) }),
    max: limits.featureIdLengthMax,
    message: 'A featureId can have at most 200 characters.',
  },
  {
    name: 'conditionsMax',
    field: 'conditions',
    at: (size) => ({
      conditions: Array.from({ length: size }, () => ({ path: 'userId', operator: 'exists' })),
    }),
    max: limits.conditionsMax,
    message: 'A rule can have at most 50 conditions. Two rules may count for one feature.',
  },
  {
    name: 'pathLengthMax',
    field: 'conditions[0].path',
    at: (size) => condition('equals', 1, `properties.${'x'.repeat(size - 'properties.'.length)}`),
    max: limits.pathLengthMax,
    message: 'A path can have at most 500 characters.',
  },
  {
    name: 'pathDepthMax',
    field: 'conditions[0].path',
    at: (size) => condition('equals', 1, `properties${'[0]'.repeat(size - 1)}`),
    max: limits.pathDepthMax,
    message: 'A path can have at most 32 steps.',
  },
  {
    name: 'textLengthMax',
    field: 'conditions[0].value',
    at: (size) => condition('contains', 'x'.repeat(size)),
    max: limits.textLengthMax,
    message: 'A text can have at most 1000 characters.',
  },
  {
    name: 'textLengthMax',
    field: 'event.value',
    at: (size) => ({ event: { operator: 'equals', value: 'x'.repeat(size) } }),
    max: limits.textLengthMax,
    message: 'An event name can have at most 1000 characters.',
  },
  {
    name: 'listLengthMax',
    field: 'conditions[0].value',
    at: (size) =>
      condition(
        'in',
        Array.from({ length: size }, (_, n) => n),
      ),
    max: limits.listLengthMax,
    message: 'A list can have at most 1000 entries.',
  },
  {
    name: 'globLengthMax',
    field: 'event.value',
    at: (size) => ({ event: { operator: 'glob', value: '*'.repeat(size) } }),
    max: limits.globLengthMax,
    message: 'A pattern can have at most 200 characters.',
  },
];

test.each(ENFORCED)(
  '$field keeps $name: what fits is saved, one more is refused',
  ({ field, at, max, message }) => {
    expect(checkRuleBody(body(at(max)))).toMatchObject({ ok: true });
    expect(checkRuleBody(body(at(max + 1)))).toEqual({ ok: false, problems: [{ path: field, message }] });
  },
);

test('a rule that keeps every single limit can still be too long as a whole', () => {
  const long = Array.from({ length: 61 }, (_, n) => `${n}`.padEnd(limits.textLengthMax, 'x'));
  expect(checkRuleBody(body(condition('in', long)))).toEqual({
    ok: false,
    problems: [{ path: '', message: 'A rule can have at most 60000 characters as JSON. Split its lists.' }],
  });
});

test('every limit has a test here, but the number of rules, which the store keeps', () => {
  const tested = new Set(['rulesMax', 'ruleLengthMax', ...ENFORCED.map(({ name }) => name)]);
  expect(Object.keys(limits).filter((name) => !tested.has(name))).toEqual([]);
});
