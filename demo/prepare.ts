import { isDeepStrictEqual } from 'node:util';
import { EARLY_RULES, FEATURES, LATE_RULE, type DemoRule } from './catalog.ts';
import { DemoError } from './demo-error.ts';
import type { PipelineApi, SavedRule } from './pipeline-api.ts';

export interface Prepared {
  /** Whether an earlier run has created the rule that this one would create at the end. */
  readonly lateRuleExists: boolean;
}

/**
 * Creates the features and the early rules that are missing. Throws a DemoError when one is there in another form: the
 * totals of this run would then rightly differ.
 */
export async function prepare(api: PipelineApi): Promise<Prepared> {
  const features = new Map((await api.features()).map((feature) => [feature.id, feature]));
  for (const feature of FEATURES) {
    const saved = features.get(feature.id);
    if (saved === undefined) await api.createFeature(feature);
    else if (saved.archived) {
      throw new DemoError(
        `The feature ${feature.id} is archived: take it out of the archive, then run the demo again.`,
      );
    }
  }
  const rules = await api.rules();
  for (const rule of EARLY_RULES) {
    if (!isSaved(rule, rules)) await api.createRule(rule);
  }
  return { lateRuleExists: isSaved(LATE_RULE, rules) };
}

function isSaved(rule: DemoRule, rules: readonly SavedRule[]): boolean {
  const named = rules.filter(({ name }) => name === rule.name);
  const [saved] = named;
  if (saved === undefined) return false;
  const { featureId, event, conditions, delta } = rule;
  const same =
    saved.enabled &&
    saved.featureId === featureId &&
    isDeepStrictEqual([saved.event, saved.conditions, saved.delta], [event, conditions, delta]);
  if (same && named.length === 1) return true;
  throw new DemoError(
    `The rule "${rule.name}" was changed or exists twice: delete it, then run the demo again.`,
  );
}
