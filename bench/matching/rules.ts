import type { Condition, EventMatcher, MappingRule } from '../../core/mapping/rule.ts';
import { eventName, FEATURE_AREAS, PLANS, REGIONS, seededRandom, SOURCES, SUBJECTS } from './payloads.ts';

// Rules as people write them: one event name, and one to three conditions that single out one use of the product. The
// operators are those that Segment's mapping triggers also have, so that the same rules can be given to them.

const FEATURES = 50;

type Random = () => number;

function ruleFor(n: number, event: EventMatcher, conditions: readonly Condition[]): MappingRule {
  return {
    id: `rule-${n}`,
    version: 1,
    featureId: `feature-${n % FEATURES}`,
    event,
    conditions,
    createdAt: 1_700_000_000_000 + n,
    generation: n + 1,
  };
}

const pick = (random: Random, choices: readonly string[]): string =>
  choices[Math.floor(random() * choices.length)] ?? '';

/** Holds for a share of the events of a name. */
function broadCondition(random: Random): Condition {
  switch (Math.floor(random() * 8)) {
    case 0:
    case 1:
      return { path: 'properties.plan', operator: 'equals', value: pick(random, PLANS) };
    case 2:
      return { path: 'properties.workspace.region', operator: 'equals', value: pick(random, REGIONS) };
    case 3:
      return { path: 'properties.count', operator: 'greater_than', value: Math.floor(random() * 20) };
    case 4:
      return { path: 'properties.label', operator: 'contains', value: pick(random, SUBJECTS) };
    case 5:
      return {
        path: 'context.page.path',
        operator: 'starts_with',
        value: pick(random, ['/reports', '/settings', '/docs']),
      };
    case 6:
      return { path: 'properties.trial', operator: 'is_true' };
    default:
      return { path: 'properties.source', operator: 'not_equals', value: pick(random, SOURCES) };
  }
}

/** Holds for few events of a name: one feature area of many, or one customer. */
function narrowCondition(random: Random): Condition {
  return random() < 0.8
    ? { path: 'properties.area', operator: 'equals', value: `area-${Math.floor(random() * FEATURE_AREAS)}` }
    : { path: 'properties.teamId', operator: 'equals', value: `team-${Math.floor(random() * 1_000)}` };
}

/** Three rules in four single out something; the others are broad. */
function someConditions(random: Random): Condition[] {
  const extra = Array.from({ length: Math.floor(random() * 3) }, () => broadCondition(random));
  return random() < 0.75 ? [...extra, narrowCondition(random)] : [broadCondition(random), ...extra];
}

/** `count` rules spread evenly over `names` event names. */
export function spreadRules(count: number, names: number, seed: number): MappingRule[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, n) =>
    ruleFor(n, { operator: 'equals', value: eventName(n % names) }, someConditions(random)),
  );
}

/** One rule per name that matches every event of it, and no other rule that ever matches: the answer is the same for any count. */
export function oneMatchRules(count: number, names: number, seed: number): MappingRule[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, n) => {
    const event: EventMatcher = { operator: 'equals', value: eventName(n % names) };
    if (n < 10) return ruleFor(n, event, [{ path: 'properties.currency', operator: 'equals', value: 'EUR' }]);
    return ruleFor(n, event, [
      broadCondition(random),
      { path: 'properties.area', operator: 'equals', value: `area-${FEATURE_AREAS + n}` },
    ]);
  });
}

/** Rules without a single equality, so that no table can help: the worst case. */
export function broadRules(count: number, name: string, seed: number): MappingRule[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, n) =>
    ruleFor(n, { operator: 'equals', value: name }, [
      {
        path: pick(random, ['properties.count', 'properties.sizeBytes', 'properties.revenue']),
        operator: 'greater_than',
        value: Math.floor(random() * 100_000),
      },
      { path: 'properties.label', operator: 'contains', value: `${pick(random, SUBJECTS)} report ${n}` },
    ]),
  );
}
