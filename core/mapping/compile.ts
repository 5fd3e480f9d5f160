import type { JsonObject } from '../json-value.ts';
import { Evaluator } from './evaluator.ts';
import { compileEventMatcher, exactNames, type NameTest } from './event-matcher.ts';
import type { MappingRule } from './rule.ts';
import { RuleGroup, type Rank } from './rule-group.ts';

// All enabled rules, arranged so that an event only meets those that it may match. Two steps lead to them: the event's
// name leads to groups of rules whose matcher accepts it, and inside a group (rule-group.ts) the event's own values lead
// to the rules that ask for these values. What is left is evaluated condition by condition.
//
// Rules that list their names stand in one group per name. All others stand in one group per distinct matcher, so that
// a matcher is asked once per name, whatever the number of its rules; the answer is kept. A group arranges itself at
// its first event: a ruleset of thousands of rules costs a cold function only what its events need.

export interface RuleIndex {
  /** All rules that match the event, earliest created first. `name` is the event's name, `event` the whole event. */
  matching(event: JsonObject, name: string): readonly MappingRule[];
  /** The rules whose event matcher accepts this name, whatever their conditions, earliest created first. */
  canMatchName(name: string): readonly MappingRule[];
  /** Whether the rule lists the names that it accepts: `equals` or `in`, with regard to case. */
  eventMatchersAreExact(rule: MappingRule): boolean;
}

interface PatternGroup {
  readonly accepts: NameTest;
  readonly group: RuleGroup;
}

/** Names are the sender's choice, so the number that is remembered must have a bound. */
const REMEMBERED_NAMES_MAX = 4_096;

const FEW = 16;
const NO_RULES: readonly MappingRule[] = [];
const NO_GROUPS: readonly RuleGroup[] = [];

/** Compiles the enabled rules for any number of events. A rule whose path cannot be read never matches. */
export function compileRules(rules: readonly MappingRule[]): RuleIndex {
  const ranked = [...rules].sort(inCreationOrder);
  const groupOfName = new Map<string, RuleGroup>();
  const patternGroups = new Map<string, PatternGroup>();
  for (const [rank, rule] of ranked.entries()) {
    const names = exactNames(rule.event);
    if (names === undefined) {
      const key = JSON.stringify(rule.event);
      let pattern = patternGroups.get(key);
      if (pattern === undefined) {
        pattern = { accepts: compileEventMatcher(rule.event), group: new RuleGroup() };
        patternGroups.set(key, pattern);
      }
      pattern.group.add(rank, rule);
      continue;
    }
    for (const name of new Set(names)) {
      let group = groupOfName.get(name);
      if (group === undefined) groupOfName.set(name, (group = new RuleGroup()));
      group.add(rank, rule);
    }
  }

  const patterns = [...patternGroups.values()];
  const remembered = new Map<string, readonly RuleGroup[]>();
  const patternGroupsFor = (name: string): readonly RuleGroup[] => {
    if (patterns.length === 0) return NO_GROUPS;
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const accepting = patterns.filter(({ accepts }) => accepts(name)).map(({ group }) => group);
    const groups = accepting.length === 0 ? NO_GROUPS : accepting;
    if (remembered.size >= REMEMBERED_NAMES_MAX) remembered.clear();
    remembered.set(name, groups);
    return groups;
  };

  const evaluator = new Evaluator();
  const found: Rank[] = [];
  return {
    matching(event, name) {
      const group = groupOfName.get(name);
      const groups = patternGroupsFor(name);
      if (group === undefined && groups.length === 0) return NO_RULES;
      found.length = 0;
      evaluator.begin(event);
      group?.collect(evaluator, found);
      for (const patternGroup of groups) patternGroup.collect(evaluator, found);
      return rulesAt(found, ranked);
    },
    canMatchName(name) {
      const accepting = [...(groupOfName.get(name)?.ranks ?? [])];
      for (const group of patternGroupsFor(name)) for (const rank of group.ranks) accepting.push(rank);
      return rulesAt(accepting, ranked);
    },
    eventMatchersAreExact: (rule) => exactNames(rule.event) !== undefined,
  };
}

/** In order of creation, each once: a rule is found twice when `in` lists a value twice or `[]` finds two of its values. */
function rulesAt(ranks: Rank[], ranked: readonly MappingRule[]): readonly MappingRule[] {
  if (ranks.length === 0) return NO_RULES;
  sortAscending(ranks);
  const rules: MappingRule[] = [];
  let last = -1;
  for (const rank of ranks) {
    const rule = ranked[rank];
    if (rank !== last && rule !== undefined) rules.push(rule);
    last = rank;
  }
  return rules;
}

/** Nearly always a handful, nearly in order: insertion beats `sort` and its calls of a comparison. */
function sortAscending(ranks: Rank[]): void {
  if (ranks.length > FEW) {
    ranks.sort((a, b) => a - b);
    return;
  }
  for (let from = 1; from < ranks.length; from += 1) {
    const rank = ranks[from] ?? 0;
    let to = from;
    for (; to > 0; to -= 1) {
      const before = ranks[to - 1] ?? 0;
      if (before <= rank) break;
      ranks[to] = before;
    }
    ranks[to] = rank;
  }
}

function inCreationOrder(a: MappingRule, b: MappingRule): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
