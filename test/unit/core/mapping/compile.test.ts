import { describe, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '../../../../core/json-value.ts';
import { compileRules } from '../../../../core/mapping/compile.ts';
import type { Condition, EventMatcher, MappingRule } from '../../../../core/mapping/rule.ts';

function rule(id: string, event: EventMatcher, conditions: readonly Condition[]): MappingRule {
  return { id, version: 1, featureId: 'f', event, conditions, createdAt: 0, generation: 1 };
}

/** An object that counts how often each of its keys is read. */
function counting(object: JsonObject, reads: Map<string, number>): JsonObject {
  return new Proxy(object, {
    get(target, key): JsonValue | undefined {
      const name = String(key);
      reads.set(name, (reads.get(name) ?? 0) + 1);
      return target[name];
    },
  });
}

const ids = (rules: readonly MappingRule[]): string[] => rules.map(({ id }) => id);

describe('what an event costs', () => {
  test('an event whose name no rule accepts is not looked at', () => {
    const rules = Array.from({ length: 1_000 }, (_, n) =>
      rule(`r${n}`, { operator: 'equals', value: `Event ${n}` }, [
        { path: 'properties.plan', operator: 'exists' },
      ]),
    );
    const reads = new Map<string, number>();
    const index = compileRules([...rules, rule('glob', { operator: 'glob', value: 'Report *' }, [])]);
    expect(index.matching(counting({ properties: { plan: 'pro' } }, reads), 'Other')).toEqual([]);
    expect(reads).toEqual(new Map());
  });

  test('a field is read once, however many rules ask for its value', () => {
    const rules = Array.from({ length: 1_000 }, (_, n) =>
      rule(`r${n}`, { operator: 'equals', value: 'E' }, [
        { path: 'properties.seats', operator: 'greater_than', value: n },
        { path: 'properties.sku', operator: 'equals', value: `sku-${n}` },
      ]),
    );
    const reads = new Map<string, number>();
    const properties = counting({ sku: 'sku-7', seats: 8 }, reads);
    const index = compileRules(rules);
    expect(ids(index.matching({ properties }, 'E'))).toEqual(['r7']);
    // seats is read for the one rule that has this sku, and for no other.
    expect(reads).toEqual(
      new Map([
        ['sku', 1],
        ['seats', 1],
      ]),
    );
  });

  test('a condition that many rules share is evaluated once', () => {
    const rules = Array.from({ length: 500 }, (_, n) =>
      rule(`r${n}`, { operator: 'equals', value: 'E' }, [
        { path: 'properties.label', operator: 'contains', value: 'report' },
        { path: 'properties.seats', operator: 'greater_than', value: n },
      ]),
    );
    const reads = new Map<string, number>();
    const properties = counting({ label: 'weekly revenue', seats: 1_000 }, reads);
    expect(compileRules(rules).matching({ properties }, 'E')).toEqual([]);
    expect(reads).toEqual(new Map([['label', 1]]));
  });

  test('rules for one place of a list are looked up by every element', () => {
    const rules = Array.from({ length: 100 }, (_, n) =>
      rule(`r${n}`, { operator: 'equals', value: 'E' }, [
        { path: 'properties.items[].sku', operator: 'in', value: [`sku-${n}`, `sku-${n + 1}`] },
      ]),
    );
    const event = { properties: { items: [{ sku: 'sku-5' }, { sku: 'sku-9' }, { sku: 'sku-5' }] } };
    // Byte by byte the ids stand in the order that breaks ties of creation.
    expect(ids(compileRules(rules).matching(event, 'E'))).toEqual(['r4', 'r5', 'r8', 'r9']);
  });
});

describe('the answers', () => {
  test('are lists of their own: one does not change when another event is matched', () => {
    const index = compileRules([
      rule('a', { operator: 'equals', value: 'A' }, []),
      rule('b', { operator: 'glob', value: '*' }, []),
    ]);
    const first = index.matching({}, 'A');
    const second = index.matching({}, 'B');
    expect([ids(first), ids(second)]).toEqual([['a', 'b'], ['b']]);
  });

  test('stay right when more names are seen than are remembered', () => {
    const index = compileRules([
      rule('glob', { operator: 'glob', value: 'Report *' }, []),
      rule('not', { operator: 'not_equals', value: 'Report 7' }, []),
    ]);
    for (const round of [1, 2]) {
      for (let n = 0; n < 5_000; n += 1) {
        const found = ids(index.matching({}, `Report ${n}`));
        if (n % 1_000 === 7)
          expect([round, n, found]).toEqual([round, n, n === 7 ? ['glob'] : ['glob', 'not']]);
      }
    }
  });

  test('do not depend on the order in which rules are given', () => {
    const rules = ['c', 'a', 'b'].map((id) => rule(id, { operator: 'equals', value: 'E' }, []));
    expect(ids(compileRules(rules).matching({}, 'E'))).toEqual(['a', 'b', 'c']);
    expect(ids(compileRules(rules.toReversed()).canMatchName('E'))).toEqual(['a', 'b', 'c']);
  });
});
