import { isDeepStrictEqual } from 'node:util';
import type { MappingRule, RuleBody } from '../core/mapping/rule.ts';
import type { RulesetFeature, RulesetSettings, RulesetSnapshot } from '../core/ruleset.ts';

// From one ruleset to the next, purely. Each change makes one new generation; what it says about a rule or feature is
// whether that could match more than before, because only then are stored unmapped events worth another try.

/** A rule as it is saved, enabled or not. */
export interface SavedRule {
  readonly id: string;
  /** 1 for a new rule; grows by one with every change. */
  readonly version: number;
  readonly body: RuleBody;
  /** The generation that last let this rule match more. */
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Who saved it last: the id of an API key, or `admin-key`. */
  readonly updatedBy: string;
}

export interface RuleEdit {
  readonly id: string;
  readonly body: RuleBody;
  readonly at: number;
  readonly by: string;
}

/** The rule after an edit that makes generation `generation`. */
export function ruleAfter(before: SavedRule | undefined, edit: RuleEdit, generation: number): SavedRule {
  return {
    id: edit.id,
    version: (before?.version ?? 0) + 1,
    body: edit.body,
    generation:
      before === undefined || couldMatchMore(before.body, edit.body) ? generation : before.generation,
    createdAt: before?.createdAt ?? edit.at,
    updatedAt: edit.at,
    updatedBy: edit.by,
  };
}

/** A new name, or switching a rule off, lets nothing more match; any other change of an enabled rule might. */
function couldMatchMore(before: RuleBody, after: RuleBody): boolean {
  if (!after.enabled) return false;
  if (!before.enabled) return true;
  return !isDeepStrictEqual({ ...before, name: undefined }, { ...after, name: undefined });
}

/** The next ruleset, in which `rule` stands as it is now: only enabled rules are part of a ruleset. */
export function withRule(current: RulesetSnapshot, rule: SavedRule): RulesetSnapshot {
  const before = current.rules.find(({ id }) => id === rule.id);
  const after = rule.body.enabled ? toMappingRule(rule, before) : undefined;
  const makesWay = before !== undefined && (after === undefined || !matchesTheSame(before, after));
  const next = makesWay ? withoutRule(current, rule.id) : following(current);
  const others = next.rules.filter(({ id }) => id !== rule.id);
  return { ...next, rules: after === undefined ? others : [...others, after] };
}

export function withoutRule(current: RulesetSnapshot, ruleId: string): RulesetSnapshot {
  const next = following(current);
  const left = current.rules.find(({ id }) => id === ruleId);
  const others = next.rules.filter(({ id }) => id !== ruleId);
  if (left === undefined || !canRefuse(left)) return { ...next, rules: others };
  return {
    ...next,
    rules: others.map((rule) =>
      rule.featureId === left.featureId ? { ...rule, generation: next.generation } : rule,
    ),
  };
}

/**
 * Of the rules for one feature the earliest that matches decides alone, also when the delta that it reads is no number
 * (core/decide-track.ts). When such a rule makes way, those behind it can match what it has kept unmapped.
 */
const canRefuse = ({ delta }: MappingRule): boolean => delta === undefined || 'path' in delta;

const matchesTheSame = (before: MappingRule, after: MappingRule): boolean =>
  isDeepStrictEqual(
    [before.featureId, before.event, before.conditions, before.delta],
    [after.featureId, after.event, after.conditions, after.delta],
  );

/** The feature as the ruleset holds it after a change that makes generation `generation`. */
export function featureAfter(
  before: RulesetFeature | undefined,
  after: { readonly id: string; readonly archived: boolean },
  generation: number,
): RulesetFeature {
  const countsAgain = before === undefined || (before.archived && !after.archived);
  return { ...after, generation: countsAgain ? generation : before.generation };
}

export function withFeature(current: RulesetSnapshot, feature: RulesetFeature): RulesetSnapshot {
  const next = withoutFeature(current, feature.id);
  const { id, archived, generation } = feature;
  return { ...next, features: [...next.features, { id, archived, generation }] };
}

export function withoutFeature(current: RulesetSnapshot, featureId: string): RulesetSnapshot {
  return { ...following(current), features: current.features.filter(({ id }) => id !== featureId) };
}

export function withSettings(current: RulesetSnapshot, settings: RulesetSettings): RulesetSnapshot {
  return { ...following(current), settings };
}

/** Field by field, because a compiled ruleset is a snapshot with more in it, which must not be stored. */
function following({ generation, features, rules, settings }: RulesetSnapshot): RulesetSnapshot {
  return { generation: generation + 1, features, rules, settings };
}

/** `before`: the rule as the ruleset holds it, whose generation may be newer than the saved rule's: see withoutRule. */
function toMappingRule(
  { id, version, body, createdAt, generation }: SavedRule,
  before: MappingRule | undefined,
): MappingRule {
  const { featureId, event, conditions, delta } = body;
  return {
    id,
    version,
    featureId,
    event,
    conditions,
    ...(delta !== undefined && { delta }),
    createdAt,
    generation: Math.max(generation, before?.generation ?? 0),
  };
}
