import type { Condition, EventMatcher, MappingRule } from '../../core/mapping/rule.ts';
import { eventName, PLANS, seededRandom } from './payloads.ts';

// Rules as people write them: mostly one event name and one to three conditions, among which an equality is the most
// frequent; some text and number comparisons; a few that address list elements or several names.

const FEATURES = 50;

export function ruleFor(n: number, event: EventMatcher, conditions: readonly Condition[]): MappingRule {
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

/** One of the condition rows that a person might add. All operators that Segment's triggers also have. */
export function someCondition(random: () => number): Condition {
  const pick = (choices: readonly string[]): string => choices[Math.floor(random() * choices.length)] ?? '';
  const kind = Math.floor(random() * 10);
  switch (kind) {
    case 0:
    case 1:
      return { path: 'properties.plan', operator: 'equals', value: pick(PLANS) };
    case 2:
    case 3:
      return { path: 'properties.teamId', operator: 'equals', value: `team-${Math.floor(random() * 1_000)}` };
    case 4:
      return {
        path: 'properties.workspace.region',
        operator: 'equals',
        value: pick(['eu-west-1', 'us-east-1']),
      };
    case 5:
      return { path: 'properties.count', operator: 'greater_than', value: Math.floor(random() * 20) };
    case 6:
      return { path: 'properties.label', operator: 'contains', value: pick(['revenue', 'usage', 'churn']) };
    case 7:
      return {
        path: 'context.page.path',
        operator: 'starts_with',
        value: pick(['/reports', '/settings', '/docs']),
      };
    case 8:
      return { path: 'properties.trial', operator: 'is_true' };
    default:
      return { path: 'properties.source', operator: 'not_equals', value: pick(['web', 'ios', 'api']) };
  }
}

/** `count` rules spread evenly over `names` event names, with one to three conditions each. */
export function spreadRules(count: number, names: number, seed: number): MappingRule[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, n) => {
    const conditions = Array.from({ length: 1 + Math.floor(random() * 3) }, () => someCondition(random));
    return ruleFor(n, { operator: 'equals', value: eventName(n % names) }, conditions);
  });
}
