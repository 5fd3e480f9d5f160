import * as z from 'zod/mini';
import type { JsonObject } from '../../core/json-value.ts';
import type { Condition, MappingRule } from '../../core/mapping/rule.ts';

// The same rules given to other engines. They are compared where their meaning is meant to be the same, so each rule is
// written as that engine's users would write it. The packages are only loaded here; without them the benchmark says so.

/** The rules that match an event, by their position; in any order. */
export type PeerMatcher = (event: JsonObject) => readonly number[] | Promise<readonly number[]>;

export interface Peer {
  readonly name: string;
  readonly prepare: (rules: readonly MappingRule[]) => PeerMatcher;
}

/** Undefined when the package is not installed. */
async function load<Shape>(name: string, shape: z.ZodMiniType<Shape>): Promise<Shape | undefined> {
  try {
    const module: unknown = await import(name);
    return z.parse(shape, module);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

export async function loadPeers(): Promise<{
  readonly peers: readonly Peer[];
  readonly missing: readonly string[];
}> {
  const found = [
    ['@segment/destination-subscriptions', await loadSubscriptions()],
    ['sift', await loadSift()],
    ['json-rules-engine', await loadRulesEngine()],
  ] as const;
  return {
    peers: found.flatMap(([, peer]) => peer ?? []),
    missing: found.filter(([, peer]) => peer === undefined).map(([name]) => name),
  };
}

type Validate = (subscription: object, event: JsonObject) => boolean;

async function loadSubscriptions(): Promise<Peer | undefined> {
  const name = '@segment/destination-subscriptions';
  // CommonJS: Node finds only some of its exports by name.
  const module = await load(
    name,
    z.object({ default: z.object({ validate: z.custom<Validate>(isFunction) }) }),
  );
  if (module === undefined) return undefined;
  const { validate } = module.default;
  return {
    name,
    prepare: (rules) => {
      const subscriptions = rules.map(({ event, conditions }) => ({
        type: 'group',
        operator: 'and',
        children: [{ type: 'event', operator: '=', value: event.value }, ...conditions.map(subscriptionNode)],
      }));
      return (event) =>
        subscriptions.flatMap((subscription, at) => (validate(subscription, event) ? [at] : []));
    },
  };
}

const NODE_TYPES: ReadonlyMap<string, string> = new Map([
  ['properties', 'event-property'],
  ['context', 'event-context'],
  ['traits', 'event-trait'],
]);

function subscriptionNode(condition: Condition): object {
  const [field = '', ...keys] = condition.path.split('.');
  const node = { type: NODE_TYPES.get(field) ?? field, name: keys.join('.') };
  switch (condition.operator) {
    case 'equals':
      return { ...node, operator: '=', value: condition.value };
    case 'not_equals':
      return { ...node, operator: '!=', value: condition.value };
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

type Sift = (query: object) => (event: JsonObject) => boolean;

async function loadSift(): Promise<Peer | undefined> {
  const module = await load('sift', z.object({ default: z.custom<Sift>(isFunction) }));
  if (module === undefined) return undefined;
  const sift = module.default;
  return {
    name: 'sift',
    prepare: (rules) => {
      const filters = rules.map(({ event, conditions }) =>
        sift({ $and: [{ event: event.value }, ...conditions.map(siftQuery)] }),
      );
      return (event) => filters.flatMap((filter, at) => (filter(event) ? [at] : []));
    },
  };
}

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

interface RulesEngine {
  addOperator(name: string, test: (found: unknown, expected: unknown) => boolean): void;
  addRule(rule: object): void;
  run(
    facts: JsonObject,
  ): Promise<{ readonly events: readonly { readonly params?: { readonly at: number } }[] }>;
}

type NewRulesEngine = new (rules: readonly object[], options: object) => RulesEngine;

async function loadRulesEngine(): Promise<Peer | undefined> {
  const name = 'json-rules-engine';
  const module = await load(name, z.object({ Engine: z.custom<NewRulesEngine>(isFunction) }));
  if (module === undefined) return undefined;
  const { Engine } = module;
  return {
    name,
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
        engine.addRule({ conditions: { all }, event: { type: 'match', params: { at } } });
      }
      return async (event) => {
        const { events } = await engine.run(event);
        return events.flatMap(({ params }) => params?.at ?? []);
      };
    },
  };
}

function engineCondition(condition: Condition): object {
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
