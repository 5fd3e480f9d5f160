import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import type { JsonObject } from '../../core/json-value.ts';
import { compileRules } from '../../core/mapping/compile.ts';
import { compileEventMatcher } from '../../core/mapping/event-matcher.ts';
import { explainRule } from '../../core/mapping/explain.ts';
import { importFql } from '../../core/mapping/fql.ts';
import { parsePath, pathToText, resolvePath, valueAt, valuesAt } from '../../core/mapping/path.ts';
import { OPERATORS } from '../../core/mapping/condition-schema.ts';
import { checkRuleBody, checkStoredRule, type Condition, type MappingRule } from '../../core/mapping/rule.ts';
import {
  conditionOf,
  eventOf,
  foundIn,
  jsonObject,
  jsonValue,
  kindOf,
  readCases,
  readTables,
  TABLE_FILES,
} from './mapping-cases.ts';

// Every line of docs/mapping-rules.md as a case. Each answer is asked of the index, which production uses, and of
// explain, which shows people why: they must agree.

/** A condition as a person would save it. */
function checkedCondition(condition: JsonObject): Condition {
  const checked = checkRuleBody({
    featureId: 'feature',
    event: { operator: 'equals', value: 'Case' },
    conditions: [condition],
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  const [only] = checked.body.conditions;
  if (only === undefined) throw new Error('The condition was lost.');
  return only;
}

function nameOf(event: JsonObject): string {
  const name = event['event'];
  if (typeof name !== 'string') throw new Error('The case has no event name.');
  return name;
}

function ruleWith(conditions: readonly Condition[]): MappingRule {
  return {
    id: 'rule',
    version: 1,
    featureId: 'feature',
    event: { operator: 'equals', value: 'Case' },
    conditions,
    createdAt: 0,
    generation: 1,
  };
}

describe.each(TABLE_FILES)('%s', (file) => {
  for (const table of readTables(file)) {
    describe(table.name, () => {
      const lines = table.rows.flatMap((row) =>
        table.operators.map((operator) => {
          const condition = conditionOf(table, row, operator);
          const found = row.foundText ?? (row.found === undefined ? 'nothing' : JSON.stringify(row.found));
          return {
            line: `${JSON.stringify(condition)} on ${found}`,
            condition,
            event: eventOf(table, row),
            holds: row.holds.includes(operator),
          };
        }),
      );

      test.each(lines)('$line: $holds', ({ condition, event, holds }) => {
        const rule = ruleWith([checkedCondition(condition)]);
        expect(compileRules([rule]).matching(event, 'Case')).toEqual(holds ? [rule] : []);
        expect(explainRule(rule, event).matched).toBe(holds);
        // Enough rules beside it that the index looks its value up in a table instead of comparing.
        const crowd = Array.from({ length: 6 }, (_, n) => ({ ...rule, id: `rule${n}`, createdAt: n }));
        expect(compileRules(crowd).matching(event, 'Case')).toEqual(holds ? crowd : []);
      });

      test('names only operators of the table', () => {
        for (const row of table.rows) expect(table.operators).toEqual(expect.arrayContaining(row.holds));
      });
    });
  }
});

const FILES_OF_OPERATORS = [
  'equals',
  'in',
  'contains',
  'starts-with',
  'ends-with',
  'glob',
  'compare',
  'exists',
  'length',
];

test('every operator has an answer on every JSON type, on null and on a missing field', () => {
  const kinds = new Map<string, Set<string>>();
  for (const file of FILES_OF_OPERATORS) {
    for (const table of readTables(file)) {
      for (const operator of table.operators) {
        const seen = kinds.get(operator) ?? new Set();
        for (const row of table.rows) seen.add(kindOf(foundIn(row)));
        kinds.set(operator, seen);
      }
    }
  }
  const required = ['text', 'number', 'boolean', 'list', 'object', 'null', 'missing'];
  const gaps = [...kinds].map(([operator, seen]) => [operator, required.filter((kind) => !seen.has(kind))]);
  expect(gaps.filter(([, missing]) => missing?.length !== 0)).toEqual([]);
  expect([...kinds.keys()].sort()).toEqual([...OPERATORS].sort());
});

describe('paths', () => {
  const cases = z.parse(
    z.strictObject({
      found: z.array(z.strictObject({ path: z.string(), event: jsonObject, values: z.array(jsonValue) })),
      refused: z.array(z.strictObject({ path: z.string(), message: z.string() })),
    }),
    readCases('paths'),
  );

  test.each(cases.found)('$path in $event leads to $values', ({ path: text, event, values }) => {
    const parsed = parsePath(text);
    if (!parsed.ok) throw new Error(parsed.message);
    expect(valuesAt(event, parsed.path)).toEqual(values);
    expect(valueAt(event, parsed.path)).toEqual(values[0]);
    expect(parsePath(pathToText(parsed.path.segments))).toEqual(parsed);
    const [value] = values;
    if (!parsed.path.many) {
      expect(resolvePath(event, parsed.path)).toEqual(
        value === undefined ? undefined : { value, keys: parsed.path.segments },
      );
    }
  });

  test.each(cases.refused)('"$path" is refused: $message', ({ path: text, message }) => {
    expect(parsePath(text)).toEqual({ ok: false, message });
  });
});

describe('event names', () => {
  const { names } = z.parse(
    z.strictObject({
      names: z.array(
        z.strictObject({ matcher: jsonObject, accepts: z.array(z.string()), refuses: z.array(z.string()) }),
      ),
    }),
    readCases('event-names'),
  );

  test.each(names)('$matcher accepts $accepts and not $refuses', ({ matcher, accepts, refuses }) => {
    const checked = checkRuleBody({ featureId: 'f', event: matcher });
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    const rule = { ...ruleWith([]), event: checked.body.event };
    const index = compileRules([rule]);
    const matches = compileEventMatcher(rule.event);
    for (const name of accepts) {
      expect([name, matches(name), index.canMatchName(name)]).toEqual([name, true, [rule]]);
      expect(index.matching({ event: name }, name)).toEqual([rule]);
    }
    for (const name of refuses) {
      expect([name, matches(name), index.canMatchName(name)]).toEqual([name, false, []]);
      expect(index.matching({ event: name }, name)).toEqual([]);
    }
    const exact = ['equals', 'in'].includes(rule.event.operator) && rule.event.caseInsensitive !== true;
    expect(index.eventMatchersAreExact(rule)).toBe(exact);
  });
});

describe('rules', () => {
  const ruleSchema = z.strictObject({
    id: z._default(z.string(), 'rule'),
    createdAt: z._default(z.number(), 0),
    event: jsonObject,
    conditions: z.array(jsonObject),
  });
  const cases = z.parse(
    z.strictObject({
      rules: z.array(
        z.strictObject({
          name: z.string(),
          rules: z.array(ruleSchema),
          events: z.array(z.strictObject({ event: jsonObject, matching: z.array(z.string()) })),
        }),
      ),
      explained: z.array(
        z.strictObject({ name: z.string(), rule: ruleSchema, event: jsonObject, failed: jsonObject }),
      ),
    }),
    readCases('rules'),
  );

  /** As it stands in the store: a rule of an earlier version may hold what can no longer be saved. */
  function stored({ id, createdAt, event, conditions }: z.infer<typeof ruleSchema>): MappingRule {
    const checked = checkStoredRule({
      id,
      createdAt,
      version: 1,
      featureId: 'f',
      generation: 1,
      event,
      conditions,
    });
    if (checked === undefined) throw new Error('The case is no stored rule.');
    return checked;
  }

  test.each(cases.rules)('$name', ({ rules, events }) => {
    const index = compileRules(rules.map(stored));
    for (const { event, matching } of events) {
      const found = index.matching(event, nameOf(event));
      expect([event, found.map(({ id }) => id)]).toEqual([event, matching]);
    }
  });

  test.each(cases.explained)('explained: $name', ({ rule, event, failed }) => {
    expect(explainRule(stored(rule), event)).toEqual({ matched: false, failed });
  });
});

describe('saving a rule', () => {
  const cases = z.parse(
    z.strictObject({
      valid: z.array(z.strictObject({ name: z.string(), body: jsonValue, saved: jsonObject })),
      invalid: z.array(
        z.strictObject({
          name: z.string(),
          body: jsonValue,
          problems: z.array(z.strictObject({ path: z.string(), message: z.string() })),
        }),
      ),
    }),
    readCases('invalid-rules'),
  );

  test.each(cases.valid)('accepted: $name', ({ body, saved }) => {
    expect(checkRuleBody(body)).toEqual({ ok: true, body: saved });
    const rule = { ...saved, id: 'r', version: 1, createdAt: 0, generation: 1 };
    expect(checkStoredRule(rule)).toMatchObject({ id: 'r', conditions: saved['conditions'] });
  });

  test.each(cases.invalid)('refused: $name', ({ body, problems }) => {
    const byField = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    const checked = checkRuleBody(body);
    expect(checked.ok ? [] : [...checked.problems].sort(byField)).toEqual([...problems].sort(byField));
  });
});

describe.each(['segment-triggers', 'segment-filters'])('%s', (file) => {
  const cases = z.parse(
    z.strictObject({
      dialect: z.enum(['trigger', 'filter']),
      imported: z.array(z.strictObject({ says: z.string(), fql: z.string(), rule: jsonObject })),
      refused: z.array(
        z.strictObject({
          says: z.string(),
          fql: z.string(),
          problems: z.array(z.string()),
          alternatives: z.optional(z.array(jsonObject)),
        }),
      ),
    }),
    readCases(file),
  );

  test.each(cases.imported)('$says: $fql', ({ fql, rule }) => {
    expect(importFql(fql, cases.dialect)).toEqual({ ok: true, rule });
    expect(checkRuleBody({ featureId: 'f', ...rule })).toMatchObject({ ok: true, body: rule });
  });

  test.each(cases.refused)('refused: $says: $fql', ({ fql, problems, alternatives }) => {
    const imported = importFql(fql, cases.dialect);
    if (imported.ok) throw new Error('It was imported.');
    expect(imported.problems.map(({ message }) => message)).toEqual(problems);
    expect(imported.alternatives).toEqual(alternatives);
    for (const { at, text } of imported.problems) expect(fql.slice(at, at + text.length)).toBe(text);
  });
});
