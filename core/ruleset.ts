import * as z from 'zod/mini';
import { isJsonObject, ownValue, type JsonValue } from './json-value.ts';
import { compileRules, type RuleIndex } from './mapping/compile.ts';
import { checkStoredRule, type MappingRule } from './mapping/rule.ts';
import type { UnmappedGroup } from './unmapped-group.ts';

// Everything that deciding needs, at one generation: the features, the enabled rules, the settings. It is stored as one
// immutable snapshot per generation, so that every decision can say exactly what it was based on.

export interface RulesetFeature {
  readonly id: string;
  readonly archived: boolean;
  /** The generation that last made this feature able to count more: its creation, or its return from the archive. */
  readonly generation: number;
}

export interface RulesetSettings {
  /** A billingId that does not look like Stripe's is taken as Chargebee's only where Chargebee is switched on. */
  readonly chargebee: boolean;
}

export interface RulesetSnapshot {
  readonly generation: number;
  readonly features: readonly RulesetFeature[];
  readonly rules: readonly MappingRule[];
  readonly settings: RulesetSettings;
}

export interface Ruleset extends RulesetSnapshot {
  readonly featureById: ReadonlyMap<string, RulesetFeature>;
  readonly index: RuleIndex;
}

export const EMPTY_SNAPSHOT: RulesetSnapshot = {
  generation: 0,
  features: [],
  rules: [],
  settings: { chargebee: false },
};

/** Compiles a snapshot once, for any number of decisions. */
export function compileRuleset(snapshot: RulesetSnapshot): Ruleset {
  return {
    ...snapshot,
    featureById: new Map(snapshot.features.map((feature) => [feature.id, feature])),
    index: compileRules(snapshot.rules),
  };
}

/**
 * The newest generation at which an event of this group could have become mappable; 0 when nothing can match it. A
 * group whose rows were all tried at this generation or later has nothing to gain from being swept again.
 */
export function newestGenerationFor(group: UnmappedGroup, ruleset: Ruleset): number {
  if (group.kind === 'feature') {
    const feature = ruleset.featureById.get(group.featureId);
    return feature === undefined || feature.archived ? 0 : feature.generation;
  }
  let newest = 0;
  for (const rule of ruleset.index.canMatchName(group.name)) {
    const feature = ruleset.featureById.get(rule.featureId);
    if (feature === undefined || feature.archived) continue;
    newest = Math.max(newest, rule.generation, feature.generation);
  }
  return newest;
}

/** Without the rules, which are recognised one by one: a schema over ten thousand of them takes a second. */
const snapshotSchema = z.object({
  v: z.literal(1),
  generation: z.number(),
  features: z.array(z.object({ id: z.string(), archived: z.boolean(), generation: z.number() })),
  settings: z.object({ chargebee: z.boolean() }),
});

/** The stored form of a snapshot; `parseSnapshot` reads it back. */
export function snapshotToJson(snapshot: RulesetSnapshot): string {
  return JSON.stringify({ v: 1, ...snapshot });
}

/** Throws where the stored text is not a snapshot: deciding on half a ruleset would leave events unmapped for no reason. */
export function parseSnapshot(json: JsonValue): RulesetSnapshot {
  const parsed = z.parse(snapshotSchema, json);
  const stored = isJsonObject(json) ? ownValue(json, 'rules') : undefined;
  if (!Array.isArray(stored)) throw new Error('The stored ruleset holds no list of rules.');
  const rules = stored.map((each) => {
    const rule = checkStoredRule(each);
    if (rule === undefined) throw new Error('The stored ruleset holds a rule that this version cannot read.');
    return rule;
  });
  return { generation: parsed.generation, features: parsed.features, rules, settings: parsed.settings };
}
