import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJson, type JsonObject, type JsonValue } from '../../core/json-value.ts';
import { compileCondition } from '../../core/mapping/condition.ts';
import { compileRules } from '../../core/mapping/compile.ts';
import { compileEventMatcher } from '../../core/mapping/event-matcher.ts';
import { explainRule } from '../../core/mapping/explain.ts';
import {
  checkRuleBody,
  checkStoredRule,
  type Condition,
  type EventMatcher,
  type MappingRule,
} from '../../core/mapping/rule.ts';

// The index never changes an answer: whatever the rules and the event, it finds exactly the rules that trying them one
// by one finds. Names, paths and values come from small sets, so that rules share them and often match.

const word = fc.constantFrom('pro', 'Pro', 'team', 'teams', 'a*', 'ß', '5', 'true', '😀');
const number = fc.constantFrom(0, 1, 5, -5, 5.5, 9007199254740991);
const scalar = fc.oneof(word, number, fc.boolean(), fc.constant(null));
const path = fc.constantFrom(
  'properties.plan',
  'properties.seats',
  'properties.nested.plan',
  'properties.items[0].sku',
  'properties.items[].sku',
  'properties.tags[]',
  'properties.tags',
  'traits.plan',
  'context.a\\.b',
  'event',
  'properties',
);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 3 });
const not = optional(fc.boolean());
const caseInsensitive = optional(fc.boolean());

type Loose = Readonly<Record<string, JsonValue | undefined>>;
const looseCondition: fc.Arbitrary<Loose> = fc.oneof(
  {
    arbitrary: fc.record({
      path,
      not,
      operator: fc.constantFrom('equals', 'not_equals'),
      value: fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })),
      caseInsensitive,
      as: optional(fc.constantFrom('text', 'number', 'boolean')),
    }),
    weight: 5,
  },
  {
    arbitrary: fc.record({
      path,
      not,
      operator: fc.constantFrom('in', 'not_in'),
      value: fc.array(scalar, { minLength: 1, maxLength: 4 }),
      caseInsensitive,
      as: optional(fc.constantFrom('text', 'number')),
    }),
    weight: 3,
  },
  fc.record({
    path,
    not,
    operator: fc.constantFrom(
      'contains',
      'not_contains',
      'starts_with',
      'not_starts_with',
      'ends_with',
      'not_ends_with',
      'glob',
      'not_glob',
    ),
    value: word,
    caseInsensitive,
    as: optional(fc.constant('text')),
  }),
  fc.record({
    path,
    not,
    operator: fc.constantFrom('greater_than', 'greater_or_equal', 'less_than', 'less_or_equal'),
    value: number,
    as: optional(fc.constant('number')),
  }),
  fc.record({ path, not, operator: fc.constantFrom('exists', 'not_exists') }),
  fc.record({
    path,
    not,
    operator: fc.constantFrom('is_true', 'is_false'),
    as: optional(fc.constant('boolean')),
  }),
  fc.record({
    path,
    not,
    operator: fc.constantFrom('has_type', 'not_has_type'),
    value: fc.constantFrom('text', 'number', 'boolean', 'list', 'object', 'null'),
  }),
  fc.record({
    path,
    not,
    operator: fc.constantFrom(
      'length_equals',
      'length_not_equals',
      'length_greater_than',
      'length_less_or_equal',
    ),
    value: fc.nat(5),
    unit: optional(fc.constantFrom('characters', 'bytes')),
  }),
);

const name = fc.constantFrom('pro', 'Pro', 'team', 'teams', 'other');
const looseMatcher: fc.Arbitrary<Loose> = fc.oneof(
  { arbitrary: fc.record({ operator: fc.constant('equals'), value: name, caseInsensitive }), weight: 4 },
  fc.record({
    operator: fc.constantFrom('in', 'not_in'),
    value: fc.array(name, { minLength: 1, maxLength: 3 }),
    caseInsensitive,
  }),
  fc.record({
    operator: fc.constantFrom(
      'not_equals',
      'contains',
      'not_contains',
      'starts_with',
      'not_starts_with',
      'ends_with',
      'not_ends_with',
      'glob',
      'not_glob',
    ),
    value: fc.constantFrom('pro', 'te', 's', 't*', '*'),
    caseInsensitive,
  }),
);

/** Without the switches that are not there, and only if it could be saved. */
function saved(
  event: Loose,
  conditions: readonly Loose[],
): { event: EventMatcher; conditions: Condition[] } | undefined {
  const checked = checkRuleBody({
    featureId: 'f',
    event: present(event),
    conditions: conditions.map(present),
  });
  return checked.ok ? checked.body : undefined;
}

function present(loose: Loose): JsonObject {
  const object: JsonObject = {};
  for (const [key, value] of Object.entries(loose)) if (value !== undefined) object[key] = value;
  return object;
}

/** None when the draft could not be saved. */
function ruleOf(event: Loose, conditions: readonly Loose[], createdAt: number, n: number): MappingRule[] {
  const body = saved(event, conditions);
  if (body === undefined) return [];
  const rule = { id: `r${n % 7}-${n}`, version: 1, featureId: 'f', createdAt, generation: 1 };
  return [{ ...rule, event: body.event, conditions: body.conditions }];
}

const rules = fc
  .array(fc.tuple(looseMatcher, fc.array(looseCondition, { maxLength: 3 }), fc.nat(3)), { maxLength: 40 })
  .map((drafts) =>
    drafts.flatMap(([event, conditions, createdAt], n) => ruleOf(event, conditions, createdAt, n)),
  );

const value: fc.Arbitrary<JsonValue> = fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.constant({}));
const event = fc
  .record({
    type: fc.constant('track'),
    event: name,
    properties: fc.oneof(
      {
        arbitrary: fc.record(
          {
            plan: value,
            seats: value,
            nested: fc.oneof(value, fc.record({ plan: value }, { requiredKeys: [] })),
            items: fc.oneof(
              value,
              fc.array(fc.record({ sku: value }, { requiredKeys: [] }), { maxLength: 3 }),
            ),
            tags: fc.oneof(value, fc.array(value, { maxLength: 3 })),
          },
          { requiredKeys: [] },
        ),
        weight: 6,
      },
      value,
    ),
    traits: fc.record({ plan: value }, { requiredKeys: [] }),
    context: fc.record({ 'a.b': value }, { requiredKeys: [] }),
  })
  .map((generated) => ({ ...generated }));

function byOne(all: readonly MappingRule[], tested: JsonObject, eventName: string): MappingRule[] {
  return [...all]
    .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    .filter((rule) => compileEventMatcher(rule.event)(eventName))
    .filter((rule) =>
      rule.conditions.every((condition) => compileCondition(condition)?.holds(tested) === true),
    );
}

describe('the index', () => {
  test('finds exactly the rules that trying them one by one finds, in order of creation', () => {
    let matches = 0;
    fc.assert(
      fc.property(rules, fc.array(event, { minLength: 1, maxLength: 6 }), (all, events) => {
        const index = compileRules(all);
        for (const tested of events) {
          const found = index.matching(tested, tested.event);
          expect(found).toEqual(byOne(all, tested, tested.event));
          matches += found.length;
        }
      }),
      { numRuns: 1_500 },
    );
    expect(matches).toBeGreaterThan(1_500);
  });

  test('finds them also where many rules of one name ask for values of the same few places', () => {
    const place = fc.constantFrom(
      'properties.plan',
      'properties.items[0]',
      'properties.items.0',
      'properties.items[]',
    );
    const few: fc.Arbitrary<string | number | boolean> = fc.constantFrom('pro', 'Pro', '5', 5, 'true', true);
    const lookedUp: fc.Arbitrary<Loose> = fc.oneof(
      fc.record({ path: place, operator: fc.constant('equals'), value: few, caseInsensitive }),
      fc.record({
        path: place,
        operator: fc.constant('in'),
        value: fc.array(few, { minLength: 1, maxLength: 3 }),
        caseInsensitive,
        as: optional(fc.constantFrom('text', 'number')),
      }),
      fc.record({ path: place, operator: fc.constant('is_true'), as: optional(fc.constant('boolean')) }),
    );
    const dense = fc
      .array(fc.array(lookedUp, { minLength: 1, maxLength: 2 }), { minLength: 5, maxLength: 30 })
      .map((drafts) =>
        drafts.flatMap((conditions, n) => ruleOf({ operator: 'equals', value: 'pro' }, conditions, n, n)),
      );
    const found = fc.record(
      {
        plan: few,
        items: fc.oneof(fc.array(few, { maxLength: 3 }), fc.record({ '0': few }), few),
      },
      { requiredKeys: [] },
    );
    let matches = 0;
    fc.assert(
      fc.property(dense, fc.array(found, { minLength: 1, maxLength: 6 }), (all, places) => {
        const index = compileRules(all);
        for (const properties of places) {
          const tested = { event: 'pro', properties: { ...properties } };
          expect(index.matching(tested, 'pro')).toEqual(byOne(all, tested, 'pro'));
          matches += index.matching(tested, 'pro').length;
        }
      }),
      { numRuns: 1_000 },
    );
    expect(matches).toBeGreaterThan(1_000);
  });

  test('knows which rules accept a name', () => {
    fc.assert(
      fc.property(rules, name, (all, eventName) => {
        const accepting = byOne(
          all.map((rule) => ({ ...rule, conditions: [] })),
          {},
          eventName,
        ).map(({ id }) => id);
        expect(
          compileRules(all)
            .canMatchName(eventName)
            .map(({ id }) => id),
        ).toEqual(accepting);
      }),
    );
  });

  test('keeps nothing of one event for the next', () => {
    fc.assert(
      fc.property(rules, fc.array(event, { minLength: 2, maxLength: 5 }), (all, events) => {
        const used = compileRules(all);
        for (const tested of [...events, ...events]) {
          expect(used.matching(tested, tested.event)).toEqual(
            compileRules(all).matching(tested, tested.event),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('explain says "matched" for exactly the rules that match, and names the first part that fails', () => {
    fc.assert(
      fc.property(rules, event, (all, tested) => {
        const matching = new Set(compileRules(all).matching(tested, tested.event));
        for (const rule of all) {
          const explained = explainRule(rule, tested);
          expect(explained.matched).toBe(matching.has(rule));
          if (explained.matched || explained.failed.part === 'event') continue;
          const { part } = explained.failed;
          const holds = rule.conditions.map((condition) => compileCondition(condition)?.holds(tested));
          expect([holds.slice(0, part).every((held) => held === true), holds[part]]).toEqual([true, false]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a condition', () => {
  test('with not holds exactly where it does not hold without', () => {
    fc.assert(
      fc.property(looseCondition, event, (loose, tested) => {
        const plain = saved({ operator: 'glob', value: '*' }, [{ ...loose, not: undefined }])?.conditions[0];
        if (plain === undefined) return;
        const holds = compileCondition(plain)?.holds(tested);
        expect(compileCondition({ ...plain, not: true })?.holds(tested)).toBe(holds === false);
      }),
    );
  });

  test('that was saved is read back from the store as it was', () => {
    fc.assert(
      fc.property(rules, (all) => {
        for (const rule of all) {
          expect(checkStoredRule(jsonOf(rule))).toEqual(rule);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('with a switch that this version does not know is not read', () => {
    fc.assert(
      fc.property(rules, (all) => {
        for (const rule of all) {
          if (rule.conditions.length === 0) continue;
          const conditions = rule.conditions.map((condition) => ({ ...condition, tolerance: 1 }));
          expect(checkStoredRule(jsonOf({ ...rule, conditions }))).toBeUndefined();
        }
      }),
      { numRuns: 30 },
    );
  });
});

function jsonOf(value: unknown): JsonValue {
  const parsed = parseJson(JSON.stringify(value));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}
