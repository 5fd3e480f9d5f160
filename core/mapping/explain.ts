import { fieldLookup } from '../field-lookup.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import { compileCondition } from './condition.ts';
import { compileEventMatcher } from './event-matcher.ts';
import { parsePath, valueAt, valuesAt } from './path.ts';
import type { Condition, MappingRule } from './rule.ts';

// Why one rule does or does not match one event, in the terms of the rule. The conditions are compiled by the same code
// as in the index, so the answer cannot differ from what was decided.

export interface FailedPart {
  /** `event` for the event matcher, else the index of the condition. */
  readonly part: 'event' | number;
  readonly path: string;
  readonly operator: string;
  /** The value in the rule; null for an operator without one. */
  readonly expected: JsonValue;
  /** What the event has there: undefined when nothing, a list of what was found for a path with `[]`. */
  readonly found: JsonValue | undefined;
}

export type RuleExplanation =
  { readonly matched: true } | { readonly matched: false; readonly failed: FailedPart };

/** In any spelling of the field, as ingest reads it. */
const nameOf = fieldLookup('event');

/** The first part of the rule that the event fails, in the rule's order: the event matcher, then the conditions. */
export function explainRule(
  rule: Pick<MappingRule, 'event' | 'conditions'>,
  event: JsonObject,
): RuleExplanation {
  return ruleExplainer(rule)(event);
}

/** Like `explainRule`, compiled once for many events. */
export function ruleExplainer(
  rule: Pick<MappingRule, 'event' | 'conditions'>,
): (event: JsonObject) => RuleExplanation {
  const accepts = compileEventMatcher(rule.event);
  const conditions = rule.conditions.map((condition) => ({
    condition,
    compiled: compileCondition(condition),
  }));
  return (event) => {
    const name = nameOf(event);
    if (typeof name !== 'string' || !accepts(name)) {
      const { operator, value } = rule.event;
      return {
        matched: false,
        failed: { part: 'event', path: 'event', operator, expected: value, found: name },
      };
    }
    for (const [part, { condition, compiled }] of conditions.entries()) {
      if (compiled?.holds(event) !== true) {
        return { matched: false, failed: failedCondition(part, condition, event) };
      }
    }
    return { matched: true };
  };
}

/**
 * Finds the one condition that keeps an event from matching, in an event whose name the rule takes; undefined when it
 * matches, or fails more than one condition. Compiled once for many events.
 */
export function nearMissFinder(
  rule: Pick<MappingRule, 'event' | 'conditions'>,
): (event: JsonObject) => FailedPart | undefined {
  const accepts = compileEventMatcher(rule.event);
  const conditions = rule.conditions.map((condition) => ({
    condition,
    compiled: compileCondition(condition),
  }));
  return (event) => {
    const name = nameOf(event);
    if (typeof name !== 'string' || !accepts(name)) return undefined;
    let only: number | undefined;
    for (const [part, { compiled }] of conditions.entries()) {
      if (compiled?.holds(event) === true) continue;
      if (only !== undefined) return undefined;
      only = part;
    }
    const failed = only === undefined ? undefined : conditions[only];
    return only === undefined || failed === undefined
      ? undefined
      : failedCondition(only, failed.condition, event);
  };
}

function failedCondition(part: number, condition: Condition, event: JsonObject): FailedPart {
  const parsed = parsePath(condition.path);
  const found = parsed.ok ? foundAt(event, parsed.path) : undefined;
  return {
    part,
    path: condition.path,
    operator: condition.not === true ? `not ${condition.operator}` : condition.operator,
    expected: 'value' in condition ? condition.value : null,
    found,
  };
}

function foundAt(event: JsonObject, path: Parameters<typeof valueAt>[1]): JsonValue | undefined {
  if (!path.many) return valueAt(event, path);
  const values = valuesAt(event, path);
  return values.length === 0 ? undefined : [...values];
}
