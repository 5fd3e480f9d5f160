import { decideEvent, type StoredEvent } from './decide-event.ts';
import { fromMicros, toMicros } from './decimal.ts';
import type { FeatureUse } from './decide-track.ts';
import { nearMissFinder, ruleExplainer, type FailedPart } from './mapping/explain.ts';
import type { MappingRule } from './mapping/rule.ts';
import type { Ruleset } from './ruleset.ts';

// What a rule would do to the stored unmapped events: each is decided by the ruleset that saving the rule would make, with
// the code that decides when it is saved. So the figures over all of them are what saving brings about.

export interface PreviewedUsage {
  readonly featureId: string;
  readonly sum: string;
  readonly count: number;
}

export interface PreviewedEvent {
  readonly messageId: string;
  readonly event: StoredEvent;
}

export interface PreviewFigures {
  /** Events that would become mapped, and are not by the rules as they are. */
  readonly matched: number;
  /** Events that the rule matches and that stay unmapped, because the delta that it reads is no number. */
  readonly invalidDelta: number;
  readonly usage: readonly PreviewedUsage[];
  /** Those whose usage would change most, first. */
  readonly users: readonly (PreviewedUsage & { readonly userId: string })[];
  readonly samples: readonly (PreviewedEvent & { readonly uses: readonly FeatureUse[] })[];
  /** Events that fail one condition of the rule and no other. */
  readonly nearMisses: readonly (PreviewedEvent & { readonly failed: FailedPart })[];
}

const SAMPLES_MAX = 10;
const USERS_MAX = 10;

interface Amount {
  micros: bigint;
  count: number;
}

export class RulePreview {
  private readonly hypothetical: Ruleset;
  private readonly current: Ruleset;
  private readonly nearMissOf: ReturnType<typeof nearMissFinder>;
  private readonly explain: ReturnType<typeof ruleExplainer>;
  private readonly byFeature = new Map<string, Amount>();
  /** Feature → user → amount: user ids are any text, so no separator could join both. */
  private readonly byUser = new Map<string, Map<string, Amount>>();
  private readonly samples: (PreviewedEvent & { readonly uses: readonly FeatureUse[] })[] = [];
  private readonly nearMisses: (PreviewedEvent & { readonly failed: FailedPart })[] = [];
  private matched = 0;
  private invalidDelta = 0;

  /** `hypothetical`: `current` with `rule` in it. */
  constructor(rule: MappingRule, hypothetical: Ruleset, current: Ruleset) {
    this.hypothetical = hypothetical;
    this.current = current;
    this.nearMissOf = nearMissFinder(rule);
    this.explain = ruleExplainer(rule);
  }

  /** Takes one stored unmapped event. */
  add({ messageId, event }: PreviewedEvent): void {
    const decision = decideEvent(event, this.hypothetical);
    if (decision.kind === 'mapped') {
      // One that the rules of now map already waits only for its sweep: that is not this rule's doing.
      if (decideEvent(event, this.current).kind === 'mapped') return;
      this.matched += 1;
      for (const use of decision.uses) this.count(event.userId, use);
      if (this.samples.length < SAMPLES_MAX) this.samples.push({ messageId, event, uses: decision.uses });
      return;
    }
    if (decision.kind !== 'unmapped') return;
    if (decision.reason === 'invalid_delta' && this.explain(event.payload).matched) this.invalidDelta += 1;
    if (this.nearMisses.length === SAMPLES_MAX) return;
    const failed = this.nearMissOf(event.payload);
    if (failed !== undefined) this.nearMisses.push({ messageId, event, failed });
  }

  figures(): PreviewFigures {
    const { matched, invalidDelta, samples, nearMisses } = this;
    const users = [...this.byUser].flatMap(([featureId, amounts]) =>
      [...amounts].map(([userId, amount]) => ({ userId, featureId, amount })),
    );
    // By size, since usage may also be taken back; of equals the one with more events.
    users.sort(
      (a, b) =>
        compare(magnitude(b.amount), magnitude(a.amount)) ||
        b.amount.count - a.amount.count ||
        (a.userId < b.userId ? -1 : 1),
    );
    return {
      matched,
      invalidDelta,
      usage: [...this.byFeature].map(([featureId, amount]) => ({ featureId, ...toUsage(amount) })),
      users: users
        .slice(0, USERS_MAX)
        .map(({ userId, featureId, amount }) => ({ userId, featureId, ...toUsage(amount) })),
      samples,
      nearMisses,
    };
  }

  private count(userId: string, { featureId, delta }: FeatureUse): void {
    const micros = toMicros(delta);
    let ofFeature = this.byUser.get(featureId);
    if (ofFeature === undefined) this.byUser.set(featureId, (ofFeature = new Map<string, Amount>()));
    add(this.byFeature, featureId, micros);
    add(ofFeature, userId, micros);
  }
}

function add(amounts: Map<string, Amount>, key: string, micros: bigint): void {
  const amount = amounts.get(key);
  if (amount === undefined) {
    amounts.set(key, { micros, count: 1 });
    return;
  }
  amount.micros += micros;
  amount.count += 1;
}

const toUsage = ({ micros, count }: Amount) => ({ sum: fromMicros(micros), count });
const magnitude = ({ micros }: Amount): bigint => (micros < 0n ? -micros : micros);
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
