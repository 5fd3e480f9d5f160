import { expect, test } from '@jest/globals';
import {
  featureAfter,
  ruleAfter,
  withFeature,
  withoutFeature,
  withoutRule,
  withRule,
} from '../../../adapters/ruleset-change.ts';
import type { RuleBody } from '../../../core/mapping/rule.ts';
import {
  compileRuleset,
  EMPTY_SNAPSHOT,
  parseSnapshot,
  snapshotToJson,
  type RulesetSnapshot,
} from '../../../core/ruleset.ts';
import { parseJson } from '../../../core/json-value.ts';

const BODY: RuleBody = {
  name: 'n',
  enabled: true,
  featureId: 'f',
  event: { operator: 'equals', value: 'E' },
  conditions: [],
};
const saved = (body: RuleBody, before?: ReturnType<typeof ruleAfter>, generation = 1) =>
  ruleAfter(before, { id: 'rul_1', body, at: generation * 10, by: 'me' }, generation);

test.each([
  ['a new name', { name: 'm' }, 1],
  ['switching off', { enabled: false }, 1],
  ['a condition', { conditions: [{ path: 'a', operator: 'exists' as const }] }, 2],
  ['another event', { event: { operator: 'equals' as const, value: 'F' } }, 2],
  ['another feature', { featureId: 'g' }, 2],
  ['a delta', { delta: { value: '2' } }, 2],
])('%s gives an enabled rule the generation that it could match more in', (_, change, generation) => {
  expect(saved({ ...BODY, ...change }, saved(BODY), 2)).toMatchObject({
    version: 2,
    generation,
    createdAt: 10,
    updatedAt: 20,
  });
});

test('a disabled rule gets its generation when it is enabled, not while it is edited', () => {
  const disabled = saved({ ...BODY, enabled: false });
  const edited = saved({ ...BODY, enabled: false, featureId: 'g' }, disabled, 2);
  expect(edited.generation).toBe(1);
  expect(saved({ ...BODY, featureId: 'g' }, edited, 3).generation).toBe(3);
});

test('a ruleset holds each enabled rule once, as it is now', () => {
  const first = withRule(EMPTY_SNAPSHOT, saved(BODY));
  expect(first).toMatchObject({ generation: 1, rules: [{ id: 'rul_1', version: 1 }] });
  const edited = saved({ ...BODY, featureId: 'g' }, saved(BODY), 2);
  expect(withRule(first, edited)).toMatchObject({ generation: 2, rules: [{ version: 2, featureId: 'g' }] });
  expect(withRule(first, saved({ ...BODY, enabled: false }, saved(BODY), 2)).rules).toEqual([]);
  expect(withoutRule(first, 'rul_1')).toEqual({ ...EMPTY_SNAPSHOT, generation: 2 });
});

test('when a rule makes way that could refuse a delta, those of its feature could match more', () => {
  const rule = (id: string, change: Partial<RuleBody>, generation: number) => ({
    ...saved({ ...BODY, ...change }, undefined, generation),
    id,
  });
  const amount = { delta: { path: 'properties.amount' } };
  const first = withRule(EMPTY_SNAPSHOT, rule('rul_1', amount, 1));
  const second = withRule(first, rule('rul_2', { delta: { value: '1' } }, 2));
  const third = withRule(second, rule('rul_3', { featureId: 'g' }, 3));
  const generations = ({ rules }: RulesetSnapshot) =>
    Object.fromEntries(rules.map(({ id, generation }) => [id, generation]));

  expect(generations(withoutRule(third, 'rul_1'))).toEqual({ rul_2: 4, rul_3: 3 });
  expect(generations(withRule(third, rule('rul_1', { ...amount, enabled: false }, 1)))).toEqual({
    rul_2: 4,
    rul_3: 3,
  });
  expect(generations(withRule(third, rule('rul_1', { ...amount, name: 'm' }, 1)))).toEqual({
    rul_1: 1,
    rul_2: 2,
    rul_3: 3,
  });
  // A constant is never refused.
  expect(generations(withoutRule(third, 'rul_2'))).toEqual({ rul_1: 1, rul_3: 3 });
  // What it gained stays when it is saved again with nothing but a new name.
  const renamed = withRule(
    withoutRule(third, 'rul_1'),
    rule('rul_2', { delta: { value: '1' }, name: 'm' }, 2),
  );
  expect(generations(renamed)).toEqual({ rul_2: 4, rul_3: 3 });
});

test('a feature counts more when it is made and when it leaves the archive', () => {
  const made = featureAfter(undefined, { id: 'f', archived: false }, 4);
  const archived = featureAfter(made, { id: 'f', archived: true }, 5);
  expect([made, archived, featureAfter(archived, { id: 'f', archived: false }, 6)]).toEqual([
    { id: 'f', archived: false, generation: 4 },
    { id: 'f', archived: true, generation: 4 },
    { id: 'f', archived: false, generation: 6 },
  ]);
});

test('the next ruleset is made from a compiled one and stores nothing but a snapshot', () => {
  const compiled = compileRuleset(withFeature(EMPTY_SNAPSHOT, { id: 'f', archived: false, generation: 1 }));
  const next = withoutFeature(withRule(compiled, saved(BODY, undefined, 2)), 'nothing');
  const stored = parseJson(snapshotToJson(next));
  expect(stored.ok && parseSnapshot(stored.value)).toEqual(next);
  expect(Object.keys(next).toSorted()).toEqual(['features', 'generation', 'rules', 'settings']);
});
