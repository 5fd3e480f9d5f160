import type { Condition, RuleVersion } from '../../api/rule-queries.ts';

// What is different between two versions of a rule. Pure.

type Version = RuleVersion['rule'];

interface Both {
  readonly before: Version;
  readonly after: Version;
}

export type RuleDifference = Both &
  (
    | { readonly kind: 'name' | 'feature' | 'event' | 'delta' }
    | { readonly kind: 'added' | 'removed'; readonly condition: Condition }
  );

/** Nothing for the first version: there everything is new. Whether it is enabled says the change itself. */
export function changesBetween(before: Version | undefined, after: Version): RuleDifference[] {
  if (before === undefined) return [];
  const both = { before, after };
  const differences: RuleDifference[] = [];
  if (before.name !== after.name) differences.push({ kind: 'name', ...both });
  if (before.featureId !== after.featureId) differences.push({ kind: 'feature', ...both });
  if (!isSame(before.event, after.event)) differences.push({ kind: 'event', ...both });
  if (!isSame(before.delta, after.delta)) differences.push({ kind: 'delta', ...both });
  for (const condition of without(before.conditions, after.conditions)) {
    differences.push({ kind: 'removed', condition, ...both });
  }
  for (const condition of without(after.conditions, before.conditions)) {
    differences.push({ kind: 'added', condition, ...both });
  }
  return differences;
}

const without = (conditions: readonly Condition[], others: readonly Condition[]): Condition[] =>
  conditions.filter((condition) => !others.some((other) => isSame(condition, other)));

const isSame = (left: object | undefined, right: object | undefined): boolean =>
  sorted(left) === sorted(right);

const sorted = (value: object = {}): string =>
  JSON.stringify(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
