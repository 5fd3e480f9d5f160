import subscriptions, {
  type Condition as SubscriptionNode,
  type Subscription,
} from '@segment/destination-subscriptions';
import { Engine, type ConditionProperties } from 'json-rules-engine';
import sift from 'sift';
import type { JsonObject } from '../../core/json-value.ts';
import type { Condition, MappingRule } from '../../core/mapping/rule.ts';

// The same rules given to other engines. They are compared where their meaning is meant to be the same, so each rule is
// written as that engine's users would write it.

/** The rules that match an event, by their position; in any order. */
export type PeerMatcher = (event: JsonObject) => readonly number[] | Promise<readonly number[]>;

export interface Peer {
  readonly name: string;
  readonly prepare: (rules: readonly MappingRule[]) => PeerMatcher;
}

export const SUBSCRIPTIONS: Peer = {
  name: '@segment/destination-subscriptions',
  prepare: (rules) => {
    const groups = rules.map(({ event, conditions }): Subscription => ({
      type: 'group',
      operator: 'and',
      children: [
        { type: 'event', operator: '=', value: String(event.value) },
        ...conditions.map(subscriptionNode),
      ],
    }));
    return (event) => groups.flatMap((group, at) => (subscriptions.validate(group, event) ? [at] : []));
  },
};

function subscriptionNode(condition: Condition): SubscriptionNode {
  const [field, ...keys] = condition.path.split('.');
  const type = field === 'context' ? 'event-context' : 'event-property';
  const node = { type, name: keys.join('.') } as const;
  switch (condition.operator) {
    case 'equals':
      return { ...node, operator: '=', value: String(condition.value) };
    case 'not_equals':
      return { ...node, operator: '!=', value: String(condition.value) };
    case 'greater_than':
      return { ...node, operator: '>', value: condition.value };
    case 'contains':
    case 'starts_with':
      return { ...node, operator: condition.operator, value: condition.value };
    case 'is_true':
      return { ...node, operator: 'is_true' };
    default:
      throw new Error(`The benchmark's rules have no ${condition.operator}.`);
  }
}

export const SIFT: Peer = {
  name: 'sift',
  prepare: (rules) => {
    const filters = rules.map(({ event, conditions }) =>
      // Its types call the function `default`, its module is the function: both have it under this name.
      sift.default<JsonObject>({ $and: [{ event: event.value }, ...conditions.map(siftQuery)] }),
    );
    return (event) => filters.flatMap((filter, at) => (filter(event) ? [at] : []));
  },
};

const inPattern = (text: unknown): string => String(text).replace(/[^A-Za-z0-9]/g, '\\$&');

function siftQuery(condition: Condition): object {
  const { path } = condition;
  switch (condition.operator) {
    case 'equals':
      return { [path]: { $eq: condition.value } };
    case 'not_equals':
      return { [path]: { $ne: condition.value } };
    case 'greater_than':
      return { [path]: { $gt: condition.value } };
    case 'contains':
      return { [path]: { $regex: inPattern(condition.value) } };
    case 'starts_with':
      return { [path]: { $regex: `^${inPattern(condition.value)}` } };
    case 'is_true':
      return { [path]: { $eq: true } };
    default:
      throw new Error(`The benchmark's rules have no ${condition.operator}.`);
  }
}

export const RULES_ENGINE: Peer = {
  name: 'json-rules-engine',
  prepare: (rules) => {
    const engine = new Engine([], { allowUndefinedFacts: true });
    engine.addOperator(
      'textContains',
      (found, part) => typeof found === 'string' && found.includes(String(part)),
    );
    engine.addOperator(
      'textStarts',
      (found, start) => typeof found === 'string' && found.startsWith(String(start)),
    );
    for (const [at, { event, conditions }] of rules.entries()) {
      const all = [
        { fact: 'event', operator: 'equal', value: event.value },
        ...conditions.map(engineCondition),
      ];
      engine.addRule({ conditions: { all }, event: { type: String(at) } });
    }
    return async (event) => {
      const { events } = await engine.run(event);
      return events.map(({ type }) => Number(type));
    };
  },
};

function engineCondition(condition: Condition): ConditionProperties {
  const [fact = '', ...keys] = condition.path.split('.');
  const place = { fact, path: `$.${keys.join('.')}` };
  switch (condition.operator) {
    case 'equals':
      return { ...place, operator: 'equal', value: condition.value };
    case 'not_equals':
      return { ...place, operator: 'notEqual', value: condition.value };
    case 'greater_than':
      return { ...place, operator: 'greaterThan', value: condition.value };
    case 'contains':
      return { ...place, operator: 'textContains', value: condition.value };
    case 'starts_with':
      return { ...place, operator: 'textStarts', value: condition.value };
    case 'is_true':
      return { ...place, operator: 'equal', value: true };
    default:
      throw new Error(`The benchmark's rules have no ${condition.operator}.`);
  }
}
