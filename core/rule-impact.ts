import type { EventDecision } from './decide-event.ts';
import type { FeatureUse } from './decide-track.ts';
import { fromMicros, toMicros } from './decimal.ts';
import { reviseMapped, type PastChange } from './revise-mapped.ts';

// What a revert or recount would change, before anybody asks for it: each event is revised by the code that revises it then,
// and only the difference is kept.

export interface UsageDifference {
  readonly featureId: string;
  /** Signed. */
  readonly sum: string;
  readonly count: number;
}

export class RuleImpact {
  private readonly change: Omit<PastChange, 'generation'>;
  private readonly byFeature = new Map<string, { micros: bigint; count: number }>();
  private events = 0;

  constructor(change: Omit<PastChange, 'generation'>) {
    this.change = change;
  }

  /** Takes one mapped event. `decideNow`: its decision by the rules after the change, asked only where it matters. */
  add(uses: readonly FeatureUse[], decideNow: () => EventDecision): void {
    const revised = reviseMapped(uses, this.change, decideNow);
    if (revised === undefined) return;
    this.events += 1;
    const after =
      revised.kind === 'kept'
        ? revised.uses
        : revised.decision.kind === 'mapped'
          ? revised.decision.uses
          : [];
    for (const use of uses) this.count(use, -1);
    for (const use of after) this.count(use, 1);
  }

  /** `usage` without features for which nothing changes. */
  figures(): { readonly events: number; readonly usage: readonly UsageDifference[] } {
    const usage = [...this.byFeature].map(([featureId, { micros, count }]) => ({
      featureId,
      sum: fromMicros(micros),
      count,
    }));
    return { events: this.events, usage: usage.filter(({ sum, count }) => sum !== '0' || count !== 0) };
  }

  private count({ featureId, delta }: FeatureUse, sign: 1 | -1): void {
    const amount = this.byFeature.get(featureId) ?? { micros: 0n, count: 0 };
    amount.micros += BigInt(sign) * toMicros(delta);
    amount.count += sign;
    this.byFeature.set(featureId, amount);
  }
}
