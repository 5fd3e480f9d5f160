import { decideEvent, type EventDecision, type StoredEvent } from './decide-event.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
import { fieldLookup } from './field-lookup.ts';
import { explainRule } from './mapping/explain.ts';
import type { MappingRule } from './mapping/rule.ts';
import type { Ruleset } from './ruleset.ts';

// Why the rules say what they say about one event, by the same code that decides. What is stored about the event's past
// is added by whoever asks: this is about the rules as they are now.

export interface RuleVerdict {
  readonly ruleId: string;
  readonly version: number;
  readonly featureId: string;
  readonly matched: boolean;
  /** For a rule that did not match: the first condition that does not hold. */
  readonly failed?: {
    readonly path: string;
    readonly operator: string;
    readonly expected: JsonValue;
    /** Absent when the event has nothing there. */
    readonly found?: JsonValue;
  };
}

export interface EventExplanation {
  /** What the rules of `generation` would make of the event if it arrived now. */
  readonly decision: EventDecision;
  readonly generation: number;
  /** The feature that the event names itself; rules are then not asked. */
  readonly namedFeature?: string;
  /** The rules that take this event name, earliest first; at most `RULES_SHOWN_MAX` of them. */
  readonly rules: readonly RuleVerdict[];
  /** How many enabled rules are for other event names. */
  readonly rulesForOtherEvents: number;
}

export const RULES_SHOWN_MAX = 50;

const propertiesOf = fieldLookup('properties');
const featureIdOf = fieldLookup('featureId');

export function explainEvent(event: StoredEvent, ruleset: Ruleset): EventExplanation {
  const decision = decideEvent(event, ruleset);
  const named = namedFeatureOf(event.payload);
  const asked = event.type === 'track' && named === undefined;
  const candidates = asked ? ruleset.index.canMatchName(event.name ?? '') : [];
  return {
    decision,
    generation: ruleset.generation,
    ...(named !== undefined && event.type === 'track' && { namedFeature: named }),
    rules: candidates.slice(0, RULES_SHOWN_MAX).map((rule) => verdictOf(rule, event.payload)),
    rulesForOtherEvents: asked ? ruleset.rules.length - candidates.length : 0,
  };
}

function verdictOf(rule: MappingRule, payload: JsonObject): RuleVerdict {
  const { id: ruleId, version, featureId } = rule;
  const explained = explainRule(rule, payload);
  if (explained.matched) return { ruleId, version, featureId, matched: true };
  const { path, operator, expected, found } = explained.failed;
  return {
    ruleId,
    version,
    featureId,
    matched: false,
    failed: { path, operator, expected, ...(found !== undefined && { found }) },
  };
}

function namedFeatureOf(payload: JsonObject): string | undefined {
  const properties = propertiesOf(payload);
  const named = isJsonObject(properties) ? (featureIdOf(properties) ?? null) : null;
  return (typeof named === 'string' && named !== '') || typeof named === 'number' ? String(named) : undefined;
}
