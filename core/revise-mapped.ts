import type { EventDecision } from './decide-event.ts';
import type { FeatureUse } from './decide-track.ts';

// What a mapped event becomes when a rule is reverted or recounted (docs/mapping-rules.md, "Changing the past"):
//
//   the rule's own uses are taken back, those of its versions before the change
//   other uses stay as they were counted, whatever has become of their rules
//   revert: nothing is added while another use is left
//   recount: the rule's own use by the rules of now is added, unless another rule counts for that feature already
//   when no use of another rule is left, the event is decided again by the rules of now, as if it had just come

/** A change of a rule that also changes the past. */
export interface PastChange {
  readonly kind: 'revert' | 'recount';
  readonly ruleId: string;
  /** What versions below this one have counted is taken back. */
  readonly belowVersion: number;
  /** The generation that the change made. */
  readonly generation: number;
}

export type Revised =
  /** Other uses are left. */
  | { readonly kind: 'kept'; readonly uses: readonly FeatureUse[] }
  /** None is left: this is the whole decision. */
  | { readonly kind: 'anew'; readonly decision: EventDecision };

export const isTakenBack = (
  { ruleId, ruleVersion = 0 }: FeatureUse,
  change: Pick<PastChange, 'ruleId' | 'belowVersion'>,
): boolean => ruleId === change.ruleId && ruleVersion < change.belowVersion;

/** Undefined when the event has no use of the rule: it is not touched. `decideNow` is asked only when it matters. */
export function reviseMapped(
  uses: readonly FeatureUse[],
  change: Omit<PastChange, 'generation'>,
  decideNow: () => EventDecision,
): Revised | undefined {
  const kept = uses.filter((use) => !isTakenBack(use, change));
  if (kept.length === uses.length) return undefined;
  if (kept.length === 0) return { kind: 'anew', decision: decideNow() };
  if (change.kind === 'revert') return { kind: 'kept', uses: kept };
  const decision = decideNow();
  const own = decision.kind === 'mapped' ? decision.uses : [];
  const added = own.filter(
    ({ ruleId, featureId }) => ruleId === change.ruleId && kept.every((use) => use.featureId !== featureId),
  );
  return { kind: 'kept', uses: [...kept, ...added] };
}
