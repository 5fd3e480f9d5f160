import { decideEvent, type StoredEvent } from './decide-event.ts';
import type { Condition, DeltaSource, EventMatcher } from './mapping/rule.ts';
import type { PropertySummary } from './property-summary.ts';
import { compileRuleset, EMPTY_SNAPSHOT } from './ruleset.ts';

// Rules that somebody might want for events of one name, ranked by how many of a sample each would map, which the code that
// decides events says. Choosing the feature is left to the person.

export interface SuggestedRule {
  readonly event: EventMatcher;
  readonly conditions: readonly Condition[];
  readonly delta?: DeltaSource;
}

export interface RuleSuggestion {
  readonly rule: SuggestedRule;
  /** Of the sampled events. */
  readonly matched: number;
  /** From 0 to 1. */
  readonly share: number;
  /** A sentence. */
  readonly why: string;
}

const SUGGESTIONS_MAX = 8;
/** A property with more different values tells events apart one by one, not in kinds. */
const KINDS_MAX = 12;
const KINDS_SUGGESTED = 2;
const AMOUNTS_SUGGESTED = 2;

export function suggestRules(
  name: string,
  events: readonly StoredEvent[],
  properties: readonly PropertySummary[],
): readonly RuleSuggestion[] {
  if (events.length === 0) return [];
  const event: EventMatcher = { operator: 'equals', value: name };
  const candidates: Omit<RuleSuggestion, 'matched' | 'share'>[] = [
    { rule: { event, conditions: [] }, why: 'Every event with this name counts.' },
    {
      rule: { event, conditions: [], delta: { value: '1' } },
      why: 'Every event with this name counts 1, whatever amount it carries.',
    },
    ...properties
      .filter((property) => isAmount(property, events.length))
      .slice(0, AMOUNTS_SUGGESTED)
      .map(({ path }) => ({
        rule: { event, conditions: [], delta: { path } },
        why: `${path} is a number in most events: each counts that much.`,
      })),
    ...properties.filter(isKind).flatMap(({ path, values, present }) =>
      values.slice(0, KINDS_SUGGESTED).map(({ value, count }) => ({
        rule: { event, conditions: [{ path, operator: 'equals' as const, value }] },
        why: `${path} is ${JSON.stringify(value)} in ${String(count)} of the ${String(present)} events that have it.`,
      })),
    ),
  ];
  return candidates
    .map((candidate) => {
      const matched = matchedBy(candidate.rule, events);
      return { ...candidate, matched, share: matched / events.length };
    })
    .filter(({ matched }) => matched > 0)
    .sort((a, b) => b.matched - a.matched)
    .slice(0, SUGGESTIONS_MAX);
}

function isAmount({ types, present }: PropertySummary, events: number): boolean {
  return present * 2 >= events && (types['number'] ?? 0) * 2 > present;
}

function isKind({ distinct, types }: PropertySummary): boolean {
  if (distinct === undefined || distinct < 2 || distinct > KINDS_MAX) return false;
  return (types['text'] ?? 0) + (types['boolean'] ?? 0) > 0;
}

const FEATURE = { id: 'suggested', archived: false, generation: 1 };

function matchedBy(rule: SuggestedRule, events: readonly StoredEvent[]): number {
  const ruleset = compileRuleset({
    ...EMPTY_SNAPSHOT,
    features: [FEATURE],
    rules: [{ ...rule, id: 'suggested', version: 1, featureId: FEATURE.id, createdAt: 0, generation: 1 }],
  });
  return events.filter((event) => decideEvent(event, ruleset).kind === 'mapped').length;
}
