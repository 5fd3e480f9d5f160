import * as z from 'zod/mini';
import { isJsonObject, parseJson, type JsonValue } from '../core/json-value.ts';
import { checkStoredRule, type RuleBody } from '../core/mapping/rule.ts';
import { DamagedItemError, N, readN, readOneOf, readOptionalN, readS, S, type Item } from './attributes.ts';
import type { SavedRule } from './ruleset-change.ts';

// Features, rules and the history of rules as items of the Config table. What a person wrote is JSON text in `d`; every
// item names the change that wrote it (`ch`). Whether a change was made is asked of its note (config-note.ts).

export const FEATURE_TYPES = ['binary', 'consumable'] as const;
export type FeatureType = (typeof FEATURE_TYPES)[number];

export interface FeatureBody {
  readonly name: string;
  readonly type: FeatureType;
  readonly unitLabel?: string | undefined;
  readonly unitLabelPlural?: string | undefined;
  readonly archived: boolean;
}

export interface Feature extends FeatureBody {
  readonly id: string;
  /** The generation that last made this feature able to count more. */
  readonly generation: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A feature's item. A deleted feature leaves its item behind, because usage that was counted for it stays readable. */
export interface FeatureRecord {
  readonly feature: Feature;
  readonly changeId: string;
  readonly deletedAt?: number;
}

export interface RuleRecord {
  readonly rule: SavedRule;
  readonly changeId: string;
}

/** `reverted` and `recounted`: nothing of the rule itself was changed. */
export const RULE_CHANGES = [
  'created',
  'changed',
  'enabled',
  'disabled',
  'deleted',
  'reverted',
  'recounted',
] as const;
export type RuleChange = (typeof RULE_CHANGES)[number];
/** What was asked for what the rule had counted before. */
export const PAST_CHANGES = ['revert', 'recount'] as const;
export type PastChangeKind = (typeof PAST_CHANGES)[number];

/** One version of a rule, as it was saved. */
export interface RuleVersion {
  readonly version: number;
  readonly change: RuleChange;
  readonly past?: PastChangeKind;
  readonly at: number;
  readonly by: string;
  readonly body: RuleBody;
}

export const FEATURE_PK = 'feature';
export const RULE_PK = 'rule';

export const featureKey = (id: string): Item => ({ pk: S(FEATURE_PK), sk: S(id) });
export const ruleKey = (id: string): Item => ({ pk: S(RULE_PK), sk: S(id) });
export const historyPk = (ruleId: string): string => `rule#${ruleId}`;
/** How many rules there are, enabled or not, so that the limit costs one small read. */
export const RULE_COUNT_KEY: Item = { pk: S('rules'), sk: S('count') };

const featureSchema = z.object({
  name: z.string(),
  type: z.enum(FEATURE_TYPES),
  unitLabel: z.optional(z.string()),
  unitLabelPlural: z.optional(z.string()),
  archived: z.boolean(),
});

export function toFeatureItem({ feature, changeId, deletedAt }: FeatureRecord): Item {
  const { name, type, unitLabel, unitLabelPlural, archived } = feature;
  return {
    ...featureKey(feature.id),
    d: S(JSON.stringify({ name, type, unitLabel, unitLabelPlural, archived })),
    g: N(feature.generation),
    ca: N(feature.createdAt),
    ua: N(feature.updatedAt),
    ch: S(changeId),
    ...(deletedAt !== undefined && { x: N(deletedAt) }),
  };
}

export function fromFeatureItem(item: Item): FeatureRecord {
  const parsed = z.safeParse(featureSchema, storedJson(item));
  if (!parsed.success) throw new DamagedItemError(`The stored feature ${readS(item, 'sk')} cannot be read.`);
  const deletedAt = readOptionalN(item, 'x');
  return {
    feature: {
      id: readS(item, 'sk'),
      ...parsed.data,
      generation: readN(item, 'g'),
      createdAt: readN(item, 'ca'),
      updatedAt: readN(item, 'ua'),
    },
    changeId: readS(item, 'ch'),
    ...(deletedAt !== undefined && { deletedAt }),
  };
}

export function toRuleItem({ rule, changeId }: RuleRecord): Item {
  return {
    ...ruleKey(rule.id),
    d: S(JSON.stringify(rule.body)),
    // Beside the body, so that the rules of a feature can be found without opening every body.
    fi: S(rule.body.featureId),
    v: N(rule.version),
    g: N(rule.generation),
    ca: N(rule.createdAt),
    ua: N(rule.updatedAt),
    by: S(rule.updatedBy),
    ch: S(changeId),
  };
}

export function fromRuleItem(item: Item): RuleRecord {
  return {
    rule: {
      id: readS(item, 'sk'),
      version: readN(item, 'v'),
      body: ruleBodyOf(item),
      generation: readN(item, 'g'),
      createdAt: readN(item, 'ca'),
      updatedAt: readN(item, 'ua'),
      updatedBy: readS(item, 'by'),
    },
    changeId: readS(item, 'ch'),
  };
}

export function toHistoryItem(ruleId: string, version: RuleVersion): Item {
  return {
    pk: S(historyPk(ruleId)),
    sk: S(String(version.version).padStart(10, '0')),
    d: S(JSON.stringify(version.body)),
    at: N(version.at),
    by: S(version.by),
    wh: S(version.change),
    ...(version.past !== undefined && { pa: S(version.past) }),
  };
}

export function fromHistoryItem(item: Item): RuleVersion {
  return {
    version: Number(readS(item, 'sk')),
    change: readOneOf(item, 'wh', RULE_CHANGES),
    ...(item['pa'] !== undefined && { past: readOneOf(item, 'pa', PAST_CHANGES) }),
    at: readN(item, 'at'),
    by: readS(item, 'by'),
    body: ruleBodyOf(item),
  };
}

/** Read as the ruleset is, so that a limit which is lowered later leaves saved rules readable. */
function ruleBodyOf(item: Item): RuleBody {
  const json = storedJson(item);
  const body = isJsonObject(json) ? json : {};
  const rule = checkStoredRule({ ...body, id: '', version: 0, createdAt: 0, generation: 0 });
  if (rule === undefined) throw new DamagedItemError(`The stored rule ${readS(item, 'pk')} cannot be read.`);
  const { featureId, event, conditions, delta } = rule;
  return {
    ...(typeof body['name'] === 'string' && { name: body['name'] }),
    enabled: body['enabled'] === true,
    featureId,
    event,
    conditions: [...conditions],
    ...(delta !== undefined && { delta }),
  };
}

function storedJson(item: Item): JsonValue {
  const parsed = parseJson(readS(item, 'd'));
  if (!parsed.ok)
    throw new DamagedItemError(`The stored item ${readS(item, 'pk')} / ${readS(item, 'sk')} is not JSON.`);
  return parsed.value;
}
