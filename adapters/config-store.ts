import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { RULE_LIMITS } from '../core/mapping/limits.ts';
import type { CheckedRuleBody, RuleBody, RuleProblem } from '../core/mapping/rule.ts';
import type { RulesetSnapshot } from '../core/ruleset.ts';
import { newChange, type AskedChange } from './asked-change.ts';
import { N, readN, readS, readText, S, T, type Item } from './attributes.ts';
import { commitConfigChange, type ChangeToMake, type NotSaved } from './config-commit.ts';
import {
  featureKey,
  fromFeatureItem,
  fromRuleItem,
  RULE_COUNT_KEY,
  ruleKey,
  toFeatureItem,
  toHistoryItem,
  toRuleItem,
  type Feature,
  type FeatureRecord,
  type FeatureBody,
  type FeatureType,
  type PastChangeKind,
  type RuleChange,
  type RuleRecord,
} from './config-item.ts';
import { ConfigReader } from './config-reader.ts';
import { toPastItem, type PastChangeRecord } from './past-change-item.ts';
import {
  featureAfter,
  ruleAfter,
  withFeature,
  withoutFeature,
  withoutRule,
  withRule,
  type SavedRule,
} from './ruleset-change.ts';
import { RulesetStore } from './ruleset-store.ts';

// Changing features and rules: what each change checks and writes. How it is written, and what happens when two changes
// collide, is in config-commit.ts; what generation it gives to a rule or feature, in ruleset-change.ts.

/** Features that one deployment may hold; all of them are part of every ruleset. */
export const FEATURES_MAX = 1_000;
export type FeatureCreated =
  { readonly kind: 'saved'; readonly feature: Feature } | { readonly kind: 'exists' | 'too_many' } | NotSaved;
export type FeatureChanged =
  { readonly kind: 'saved'; readonly feature: Feature } | { readonly kind: 'not_found' } | NotSaved;
export type FeatureDeleted =
  | { readonly kind: 'deleted' | 'not_found' }
  | { readonly kind: 'in_use'; readonly ruleIds: readonly string[] }
  | NotSaved;
export type RuleCreated =
  | { readonly kind: 'saved'; readonly rule: SavedRule }
  | { readonly kind: 'unknown_feature' | 'too_many' }
  | NotSaved;
export type RuleChanged =
  | { readonly kind: 'saved'; readonly rule: SavedRule; readonly past?: SavedPast }
  /** Reverting is for a rule that counts no longer. */
  | { readonly kind: 'still_enabled' }
  | { readonly kind: 'not_found' | 'unknown_feature' }
  | { readonly kind: 'moved'; readonly version: number }
  | { readonly kind: 'invalid'; readonly problems: readonly RuleProblem[] }
  | NotSaved;
export type RuleDeleted =
  { readonly kind: 'deleted'; readonly past?: SavedPast } | { readonly kind: 'not_found' } | NotSaved;

/** The change of the past, where one was asked for. */
export type SavedPast = Pick<PastChangeRecord, 'generation' | 'cause'>;

/** The fields to change; a label that is there as `undefined` is removed. */
export interface FeatureChange {
  readonly name?: string;
  readonly type?: FeatureType;
  readonly unitLabel?: string | undefined;
  readonly unitLabelPlural?: string | undefined;
  readonly archived?: boolean;
}

export interface ConfigStoreOptions {
  readonly now: () => number;
  /** A new rule's id for a creation at this time. */
  readonly newRuleId: (now: number) => string;
}

export class ConfigStore extends ConfigReader {
  private readonly rulesets: RulesetStore;
  private readonly options: ConfigStoreOptions;

  constructor(dynamo: DynamoDBClient, table: string, options: ConfigStoreOptions) {
    super(dynamo, table);
    this.rulesets = new RulesetStore(dynamo, table);
    this.options = options;
  }

  async createFeature(
    id: string,
    body: FeatureBody,
    asked: AskedChange = this.newChange(),
  ): Promise<FeatureCreated> {
    const resultOf = (made: Item): FeatureCreated => ({ kind: 'saved', feature: featureIn(made) });
    return await this.commit<FeatureCreated>(asked, resultOf, async (current) => {
      const known = await this.featureRecord(id);
      if (known !== undefined && known.deletedAt === undefined) return { result: { kind: 'exists' } };
      if (current.features.length >= FEATURES_MAX) return { result: { kind: 'too_many' } };
      const now = this.options.now();
      const inRuleset = featureAfter(undefined, { id, archived: body.archived }, current.generation + 1);
      const feature: Feature = {
        id,
        ...body,
        generation: inRuleset.generation,
        createdAt: now,
        updatedAt: now,
      };
      return {
        result: { kind: 'saved', feature },
        write: {
          next: withFeature(current, inRuleset),
          cause: `feature "${id}" created`,
          ...this.featureWrite({ feature, changeId: asked.id }),
        },
      };
    });
  }

  async changeFeature(
    id: string,
    change: FeatureChange,
    asked: AskedChange = this.newChange(),
  ): Promise<FeatureChanged> {
    const resultOf = (made: Item): FeatureChanged => ({ kind: 'saved', feature: featureIn(made) });
    return await this.commit<FeatureChanged>(asked, resultOf, async (current) => {
      const known = await this.featureRecord(id);
      if (known === undefined || known.deletedAt !== undefined) return { result: { kind: 'not_found' } };
      const before = known.feature;
      const after: Feature = { ...before, ...change };
      if (isDeepStrictEqual(withoutAbsent(before), withoutAbsent(after)))
        return { result: { kind: 'saved', feature: before } };
      const inRuleset = featureAfter(before, { id, archived: after.archived }, current.generation + 1);
      const feature: Feature = { ...after, generation: inRuleset.generation, updatedAt: this.options.now() };
      return {
        result: { kind: 'saved', feature },
        write: {
          next: withFeature(current, inRuleset),
          cause: `feature "${id}" ${wordFor(before.archived, after.archived)}`,
          ...this.featureWrite({ feature, changeId: asked.id }),
        },
      };
    });
  }

  async deleteFeature(id: string, asked: AskedChange = this.newChange()): Promise<FeatureDeleted> {
    const resultOf = (): FeatureDeleted => ({ kind: 'deleted' });
    return await this.commit<FeatureDeleted>(asked, resultOf, async (current) => {
      const known = await this.featureRecord(id);
      if (known === undefined || known.deletedAt !== undefined) return { result: { kind: 'not_found' } };
      const ruleIds = await this.rulesOfFeature(id);
      if (ruleIds.length > 0) return { result: { kind: 'in_use', ruleIds } };
      return {
        result: { kind: 'deleted' },
        write: {
          next: withoutFeature(current, id),
          cause: `feature "${id}" deleted`,
          ...this.featureWrite({
            feature: known.feature,
            changeId: asked.id,
            deletedAt: this.options.now(),
          }),
        },
      };
    });
  }

  async createRule(body: RuleBody, by: string, asked: AskedChange = this.newChange()): Promise<RuleCreated> {
    const createdAt = this.options.now();
    const id = this.options.newRuleId(createdAt);
    const resultOf = (made: Item): RuleCreated => ({ kind: 'saved', rule: ruleIn(made) });
    return await this.commit<RuleCreated>(asked, resultOf, async (current) => {
      if (!current.featureById.has(body.featureId)) return { result: { kind: 'unknown_feature' } };
      const count = await this.ruleCount();
      if (count >= RULE_LIMITS.rulesMax) return { result: { kind: 'too_many' } };
      const rule = ruleAfter(undefined, { id, body, at: createdAt, by }, current.generation + 1);
      return {
        result: { kind: 'saved', rule },
        write: {
          next: withRule(current, rule),
          cause: `${ruleName(rule)} created`,
          ruleId: rule.id,
          items: [...this.ruleWrites({ rule, changeId: asked.id }, 'created'), this.countWrite(count + 1)],
          made: ruleMade({ rule, changeId: asked.id }),
        },
      };
    });
  }

  /**
   * Changes a rule to what `edit` makes of its body. With `version`, only that version is changed: when the rule has
   * moved on, nothing is. With `past`, what the rule has counted so far is reverted or recounted as well; the rule then
   * gets a new version even where its body stays, because that tells what it counted before from what it counts after.
   */
  async changeRule(
    id: string,
    edit: (body: RuleBody) => CheckedRuleBody,
    by: string,
    { version, past }: { readonly version?: number | undefined; readonly past?: PastChangeKind } = {},
    asked: AskedChange = this.newChange(),
  ): Promise<RuleChanged> {
    const changeId = asked.id;
    const resultOf = (made: Item): RuleChanged => ({ kind: 'saved', rule: ruleIn(made), ...pastIn(made) });
    return await this.commit<RuleChanged>(asked, resultOf, async (current) => {
      const known = await this.ruleRecord(id);
      if (known === undefined) return { result: { kind: 'not_found' } };
      const { rule: before } = known;
      if (version !== undefined && version !== before.version)
        return { result: { kind: 'moved', version: before.version } };
      const checked = edit(before.body);
      if (!checked.ok) return { result: { kind: 'invalid', problems: checked.problems } };
      const { body } = checked;
      if (past === 'revert' && body.enabled) return { result: { kind: 'still_enabled' } };
      const isSame = isDeepStrictEqual(body, before.body);
      if (isSame && past === undefined) return { result: { kind: 'saved', rule: before } };
      if (!current.featureById.has(body.featureId)) return { result: { kind: 'unknown_feature' } };
      const rule = ruleAfter(before, { id, body, at: this.options.now(), by }, current.generation + 1);
      const change = isSame && past !== undefined ? WORD_FOR_PAST[past] : wordForEdit(before.body, body);
      const next = withRule(current, rule);
      const cause = `${ruleName(rule)} ${change}${past === undefined || isSame ? '' : ` and ${WORD_FOR_PAST[past]}`}`;
      const saved = past === undefined ? undefined : { generation: next.generation, cause };
      return {
        result: { kind: 'saved', rule, ...(saved !== undefined && { past: saved }) },
        write: {
          next,
          cause,
          ruleId: rule.id,
          items: [
            ...this.ruleWrites({ rule, changeId }, change, past),
            ...this.pastWrites(past, { next, rule, cause, changeId }),
          ],
          made: { ...ruleMade({ rule, changeId }), ...pastMade(saved) },
        },
      };
    });
  }

  /** With `past`, what the rule has counted is taken back. */
  async deleteRule(
    id: string,
    by: string,
    past?: 'revert',
    asked: AskedChange = this.newChange(),
  ): Promise<RuleDeleted> {
    const changeId = asked.id;
    const resultOf = (made: Item): RuleDeleted => ({ kind: 'deleted', ...pastIn(made) });
    return await this.commit<RuleDeleted>(asked, resultOf, async (current) => {
      const known = await this.ruleRecord(id);
      if (known === undefined) return { result: { kind: 'not_found' } };
      const { rule } = known;
      const last = {
        version: rule.version + 1,
        change: 'deleted',
        ...(past !== undefined && { past }),
        at: this.options.now(),
        by,
        body: rule.body,
      } as const;
      const count = await this.ruleCount();
      const next = withoutRule(current, id);
      const cause = `${ruleName(rule)} deleted${past === undefined ? '' : ' and reverted'}`;
      const after = { ...rule, version: last.version, updatedAt: last.at, updatedBy: by };
      const saved = past === undefined ? undefined : { generation: next.generation, cause };
      return {
        result: { kind: 'deleted', ...(saved !== undefined && { past: saved }) },
        write: {
          next,
          cause,
          ruleId: id,
          items: [
            ...this.pastWrites(past, { next, rule: after, cause, changeId }),
            { Delete: { TableName: this.table, Key: { ...ruleKey(id) } } },
            put(this.table, toHistoryItem(id, last)),
            this.countWrite(count - 1),
          ],
          made: pastMade(saved),
        },
      };
    });
  }

  private newChange(): AskedChange {
    return newChange(this.options.now());
  }

  private async commit<Result>(
    asked: AskedChange,
    resultOf: ChangeToMake<Result>['resultOf'],
    plan: ChangeToMake<Result>['plan'],
  ): Promise<Result | NotSaved> {
    const { dynamo, table, rulesets } = this;
    return await commitConfigChange(
      { dynamo, table, rulesets },
      { asked, now: this.options.now, plan, resultOf },
    );
  }

  private featureWrite(record: FeatureRecord): { items: TransactWriteItem[]; made: Item } {
    const item = toFeatureItem(record);
    return { items: [put(this.table, item)], made: { ...item, i: S(record.feature.id) } };
  }

  private ruleWrites(
    { rule, changeId }: RuleRecord,
    change: RuleChange,
    past?: PastChangeKind,
  ): TransactWriteItem[] {
    const { version, body, updatedAt: at, updatedBy: by } = rule;
    const saved = { version, change, ...(past !== undefined && { past }), at, by, body };
    return [put(this.table, toRuleItem({ rule, changeId })), put(this.table, toHistoryItem(rule.id, saved))];
  }

  /** Everything that versions before this one have counted is to be changed. */
  private pastWrites(
    past: PastChangeKind | undefined,
    { next, rule, cause, changeId }: PastOfRule,
  ): TransactWriteItem[] {
    if (past === undefined) return [];
    const { id: ruleId, version: belowVersion, updatedAt: at, updatedBy: by } = rule;
    const { generation } = next;
    const change = { kind: past, ruleId, belowVersion, generation, cause, at, by, changeId };
    return [put(this.table, toPastItem(change))];
  }

  /** Exact, because the transaction holds only while nothing else has changed. */
  private readonly countWrite = (count: number): TransactWriteItem =>
    put(this.table, { ...RULE_COUNT_KEY, n: N(count) });
}

interface PastOfRule {
  readonly next: RulesetSnapshot;
  /** As it is after the change. */
  readonly rule: SavedRule;
  readonly cause: string;
  readonly changeId: string;
}

// What a change leaves for whoever asks whether it was made: the item as it wrote it, its id, and the change of the past.

const ruleMade = (record: RuleRecord): Item => ({ ...toRuleItem(record), i: S(record.rule.id) });

const ruleIn = (made: Item): SavedRule => fromRuleItem({ ...made, ...ruleKey(readS(made, 'i')) }).rule;

const featureIn = (made: Item): Feature =>
  fromFeatureItem({ ...made, ...featureKey(readS(made, 'i')) }).feature;

const pastMade = (past: SavedPast | undefined): Item =>
  past === undefined ? {} : { pg: N(past.generation), pc: T(past.cause) };

const pastIn = (made: Item): { readonly past?: SavedPast } =>
  made['pg'] === undefined ? {} : { past: { generation: readN(made, 'pg'), cause: readText(made, 'pc') } };

const WORD_FOR_PAST = { revert: 'reverted', recount: 'recounted' } as const;

const put = (table: string, item: Item): TransactWriteItem => ({
  Put: { TableName: table, Item: { ...item } },
});

/** JSON drops a field that is undefined, so a field that was never there equals one that was removed. */
const withoutAbsent = (feature: Feature): object =>
  Object.fromEntries(Object.entries(feature).filter(([, value]) => value !== undefined));

function wordFor(wasArchived: boolean, isArchived: boolean): string {
  if (wasArchived === isArchived) return 'changed';
  return isArchived ? 'archived' : 'taken out of the archive';
}

function wordForEdit(before: RuleBody, after: RuleBody): RuleChange {
  if (before.enabled === after.enabled) return 'changed';
  return after.enabled ? 'enabled' : 'disabled';
}

/** As a person knows it. Event names may be long: of one without a name, enough to tell it. */
function ruleName({ body: { name, event } }: SavedRule): string {
  if (name !== undefined) return `rule "${name}"`;
  const [first = '', ...more] = [event.value].flat();
  const events = `"${Array.from(first).slice(0, 100).join('')}"`;
  return `rule for ${events}${more.length === 0 ? '' : ` and ${String(more.length)} more`}`;
}
