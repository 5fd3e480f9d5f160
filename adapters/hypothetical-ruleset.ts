import type { MappingRule, RuleBody } from '../core/mapping/rule.ts';
import { compileRuleset, type Ruleset, type RulesetSnapshot } from '../core/ruleset.ts';
import { ruleAfter, withoutRule, withRule, type SavedRule } from './ruleset-change.ts';

// The ruleset that saving a rule would make, by the same functions that make it when the rule is saved.

export interface Hypothesis {
  readonly rule: MappingRule;
  readonly ruleset: Ruleset;
}

/** The id of a rule that has none yet. Rules that are saved have other ids. */
const NEW_RULE_ID = 'rul_new';

/** With the rule enabled, whether its body says so or not. `before`: the rule that is edited. */
export function withHypotheticalRule(
  current: RulesetSnapshot,
  before: SavedRule | undefined,
  body: RuleBody,
  at: number,
): Hypothesis {
  const id = before?.id ?? NEW_RULE_ID;
  const saved = ruleAfter(
    before,
    { id, body: { ...body, enabled: true }, at, by: '' },
    current.generation + 1,
  );
  const ruleset = compileRuleset(withRule(current, saved));
  const rule = ruleset.rules.find((known) => known.id === id);
  if (rule === undefined) throw new Error('An enabled rule is part of its ruleset.');
  return { rule, ruleset };
}

/** With the rule gone: what reverting it decides by. */
export const withoutHypotheticalRule = (current: RulesetSnapshot, ruleId: string): Ruleset =>
  compileRuleset(withoutRule(current, ruleId));

/** With the rule as it would be saved, enabled or not: what recounting it decides by. */
export function withEditedRule(
  current: RulesetSnapshot,
  before: SavedRule,
  body: RuleBody,
  at: number,
): Ruleset {
  const saved = ruleAfter(before, { id: before.id, body, at, by: '' }, current.generation + 1);
  return compileRuleset(withRule(current, saved));
}
