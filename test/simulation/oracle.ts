import type { EventMatcher, MappingRule } from '../../core/mapping/rule.ts';
import type { RulesetFeature } from '../../core/ruleset.ts';

// What is right, said a second time and independently of the product: by somebody who knows what was sent and which rules
// were saved when, and who does everything one after the other.

/** A decimal that can be counted, or that it cannot. */
export type SentAmount = { readonly counts: string } | 'invalid';

export interface SentEvent {
  readonly messageId: string;
  readonly type: 'track' | 'identify';
  readonly userId: string;
  readonly name: string;
  readonly time: number;
  readonly plan?: string;
  readonly featureId?: string;
  readonly delta: SentAmount;
  readonly amount: SentAmount;
  readonly traits: { readonly name?: string; readonly email?: string; readonly billingId?: string };
  /** The JSON that is sent. */
  readonly text: string;
}

export interface RulesThen {
  readonly features: readonly RulesetFeature[];
  /** Enabled rules. */
  readonly rules: readonly MappingRule[];
}

export interface Use {
  readonly featureId: string;
  readonly delta: string;
  readonly ruleId?: string;
  readonly ruleVersion?: number;
}

export type Outcome = { readonly uses: readonly Use[] } | { readonly unmapped: string };

/** What a track event becomes with these rules. */
export function outcomeOf(event: SentEvent, { features, rules }: RulesThen): Outcome {
  const counting = (id: string) => features.find((feature) => feature.id === id && !feature.archived);
  if (event.featureId !== undefined) {
    const known = features.some(({ id }) => id === event.featureId);
    if (counting(event.featureId) === undefined)
      return { unmapped: known ? 'archived_feature' : 'unknown_feature' };
    if (event.delta === 'invalid') return { unmapped: 'invalid_delta' };
    return { uses: [{ featureId: event.featureId, delta: event.delta.counts }] };
  }
  const uses: Use[] = [];
  let unmapped = 'no_rule';
  const decided = new Set<string>();
  for (const rule of [...rules].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))) {
    if (decided.has(rule.featureId) || !accepts(rule, event)) continue;
    decided.add(rule.featureId);
    const amount = amountOf(rule, event);
    if (counting(rule.featureId) === undefined)
      unmapped = unmapped === 'invalid_delta' ? unmapped : 'archived_feature';
    else if (amount === 'invalid') unmapped = 'invalid_delta';
    else
      uses.push({
        featureId: rule.featureId,
        delta: amount.counts,
        ruleId: rule.id,
        ruleVersion: rule.version,
      });
  }
  return uses.length > 0 ? { uses } : { unmapped };
}

/** A rule was reverted or recounted: what its versions below one had counted is taken back. */
export interface PastChange {
  readonly kind: 'revert' | 'recount';
  readonly ruleId: string;
  readonly belowVersion: number;
}

/** What is left of the uses of an event; undefined when the change has nothing to do with it. */
export function keptOf(uses: readonly Use[], change: PastChange): readonly Use[] | undefined {
  const kept = uses.filter(
    ({ ruleId, ruleVersion = 0 }) => ruleId !== change.ruleId || ruleVersion >= change.belowVersion,
  );
  return kept.length === uses.length ? undefined : kept;
}

/** An event of which other uses are left, after the change, with these rules. */
export function revisedUses(
  event: SentEvent,
  kept: readonly Use[],
  change: PastChange,
  then: RulesThen,
): readonly Use[] {
  const now = outcomeOf(event, then);
  if (change.kind === 'revert' || 'unmapped' in now) return kept;
  const taken = new Set(kept.map(({ featureId }) => featureId));
  return [
    ...kept,
    ...now.uses.filter(({ ruleId, featureId }) => ruleId === change.ruleId && !taken.has(featureId)),
  ];
}

function accepts(rule: MappingRule, event: SentEvent): boolean {
  return (
    acceptsName(rule.event, event.name) &&
    rule.conditions.every((condition) => {
      if (condition.path !== 'properties.plan' || condition.operator !== 'equals')
        throw new Error('The oracle knows one kind of condition.');
      return event.plan === condition.value;
    })
  );
}

function acceptsName(matcher: EventMatcher, name: string): boolean {
  switch (matcher.operator) {
    case 'equals':
      return matcher.caseInsensitive === true
        ? name.toLowerCase() === matcher.value.toLowerCase()
        : name === matcher.value;
    case 'in':
      return matcher.value.includes(name);
    case 'starts_with':
      return name.startsWith(matcher.value);
    case 'not_equals':
      return name !== matcher.value;
    default:
      throw new Error(`The oracle does not know ${matcher.operator}.`);
  }
}

function amountOf({ delta }: MappingRule, event: SentEvent): SentAmount {
  if (delta === undefined) return event.delta;
  return 'value' in delta ? { counts: delta.value } : event.amount;
}

const MILLION = 1_000_000n;

/** Whole millionths. */
export function micros(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const value = BigInt(whole) * MILLION + BigInt(fraction.padEnd(6, '0'));
  return decimal.startsWith('-') ? -value : value;
}
