import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  GetItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type AttributeValue,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { RULE_LIMITS } from '../core/mapping/limits.ts';
import type { CheckedRuleBody, RuleBody, RuleProblem } from '../core/mapping/rule.ts';
import type { Ruleset, RulesetSnapshot } from '../core/ruleset.ts';
import { N, readN, readS, S, type Item } from './attributes.ts';
import { pause } from './backoff.ts';
import {
  FEATURE_PK,
  featureKey,
  fromFeatureItem,
  fromHistoryItem,
  fromRuleItem,
  historyPk,
  RULE_COUNT_KEY,
  RULE_PK,
  ruleKey,
  toFeatureItem,
  toHistoryItem,
  toRuleItem,
  type Feature,
  type FeatureBody,
  type FeatureRecord,
  type FeatureType,
  type RuleChange,
  type RuleRecord,
  type RuleVersion,
} from './config-item.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import type { Page } from './event-store.ts';
import { isPermanent } from './failure-kind.ts';
import {
  featureAfter,
  ruleAfter,
  withFeature,
  withoutFeature,
  withoutRule,
  withRule,
  type SavedRule,
} from './ruleset-change.ts';
import { RulesetStore, rulesetWrites } from './ruleset-store.ts';

// Features and rules, and the one way to change them. Every change is one transaction: the item, its history, the next
// ruleset and the head that names it, under the condition that the head has not moved since it was read. So changes
// happen one after the other, each check (does the feature exist, does a rule still use it) holds at the moment of the
// change, and of two that collide the later one reads again and repeats.

/** Features that one deployment may hold; all of them are part of every ruleset. */
export const FEATURES_MAX = 1_000;
/** Parts of a stored ruleset that a change writes and, two generations later, removes (adapters/ruleset-store.ts). */
const RULESET_PARTS_MAX = 4;
const COLLISIONS_MAX = 14;
const FAULTS_MAX = 2;
const HISTORY_MAX = 20;
/** Longer ids were never given out, and would be more than a DynamoDB key holds. */
const ID_LENGTH_MAX = 200;

/** The change was not made. `busy`: too many others were changing rules at the same time, so it may be sent again. */
export type NotSaved = { readonly kind: 'busy' } | { readonly kind: 'ruleset_too_large' };
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
  | { readonly kind: 'saved'; readonly rule: SavedRule }
  | { readonly kind: 'not_found' | 'unknown_feature' }
  | { readonly kind: 'moved'; readonly version: number }
  | { readonly kind: 'invalid'; readonly problems: readonly RuleProblem[] }
  | NotSaved;
export type RuleDeleted = { readonly kind: 'deleted' | 'not_found' } | NotSaved;

/** The fields to change; a label that is there as `undefined` is removed. */
export interface FeatureChange {
  readonly name?: string;
  readonly type?: FeatureType;
  readonly unitLabel?: string | undefined;
  readonly unitLabelPlural?: string | undefined;
  readonly archived?: boolean;
}

/** What to write, or that there is nothing (more) to write. */
type Plan<Result> =
  | {
      readonly write: {
        readonly next: RulesetSnapshot;
        readonly cause: string;
        readonly items: readonly TransactWriteItem[];
      };
      readonly result: Result;
    }
  | { readonly write?: undefined; readonly result: Result };

export interface ConfigStoreOptions {
  readonly now: () => number;
  /** A new rule's id for a creation at this time. */
  readonly newRuleId: (now: number) => string;
}

export class ConfigStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly rulesets: RulesetStore;
  private readonly options: ConfigStoreOptions;

  constructor(dynamo: DynamoDBClient, table: string, options: ConfigStoreOptions) {
    this.dynamo = dynamo;
    this.table = table;
    this.rulesets = new RulesetStore(dynamo, table);
    this.options = options;
  }

  /** Features by id; deleted ones are left out, so a page may be short. */
  async listFeatures(limit: number, cursor?: string): Promise<Page<Feature>> {
    const page = await this.page(FEATURE_PK, limit, cursor);
    const records = page.rows.map(fromFeatureItem);
    return {
      ...page,
      rows: records.filter(({ deletedAt }) => deletedAt === undefined).map(({ feature }) => feature),
    };
  }

  /** Every feature that usage may have been counted for, deleted ones included. */
  async allFeatureIds(): Promise<readonly string[]> {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.page(FEATURE_PK, FEATURES_MAX, cursor);
      ids.push(...page.rows.map((item) => readS(item, 'sk')));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return ids;
  }

  async getFeature(id: string): Promise<Feature | undefined> {
    const record = await this.featureRecord(id);
    return record?.deletedAt === undefined ? record?.feature : undefined;
  }

  async createFeature(id: string, body: FeatureBody): Promise<FeatureCreated> {
    const changeId = randomUUID();
    return await this.commit<FeatureCreated>(async (current) => {
      const known = await this.featureRecord(id);
      if (known?.changeId === changeId) return { result: { kind: 'saved', feature: known.feature } };
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
          items: [put(this.table, toFeatureItem({ feature, changeId }))],
        },
      };
    });
  }

  async changeFeature(id: string, change: FeatureChange): Promise<FeatureChanged> {
    const changeId = randomUUID();
    return await this.commit<FeatureChanged>(async (current) => {
      const known = await this.featureRecord(id);
      if (known === undefined || known.deletedAt !== undefined) return { result: { kind: 'not_found' } };
      const before = known.feature;
      const after: Feature = { ...before, ...change };
      if (known.changeId === changeId || isDeepStrictEqual(withoutAbsent(before), withoutAbsent(after))) {
        return { result: { kind: 'saved', feature: before } };
      }
      const inRuleset = featureAfter(before, { id, archived: after.archived }, current.generation + 1);
      const feature: Feature = { ...after, generation: inRuleset.generation, updatedAt: this.options.now() };
      return {
        result: { kind: 'saved', feature },
        write: {
          next: withFeature(current, inRuleset),
          cause: `feature "${id}" ${wordFor(before.archived, after.archived)}`,
          items: [put(this.table, toFeatureItem({ feature, changeId }))],
        },
      };
    });
  }

  async deleteFeature(id: string): Promise<FeatureDeleted> {
    const changeId = randomUUID();
    return await this.commit<FeatureDeleted>(async (current) => {
      const known = await this.featureRecord(id);
      if (known?.changeId === changeId) return { result: { kind: 'deleted' } };
      if (known === undefined || known.deletedAt !== undefined) return { result: { kind: 'not_found' } };
      const ruleIds = await this.rulesOfFeature(id);
      if (ruleIds.length > 0) return { result: { kind: 'in_use', ruleIds } };
      return {
        result: { kind: 'deleted' },
        write: {
          next: withoutFeature(current, id),
          cause: `feature "${id}" deleted`,
          items: [
            put(
              this.table,
              toFeatureItem({ feature: known.feature, changeId, deletedAt: this.options.now() }),
            ),
          ],
        },
      };
    });
  }

  /** Rules, oldest first. */
  async listRules(limit: number, cursor?: string): Promise<Page<SavedRule>> {
    const page = await this.page(RULE_PK, limit, cursor);
    return { ...page, rows: page.rows.map((item) => fromRuleItem(item).rule) };
  }

  async getRule(id: string): Promise<SavedRule | undefined> {
    return (await this.ruleRecord(id))?.rule;
  }

  /** The latest versions of a rule, newest first; those of a deleted rule too. */
  async ruleHistory(id: string): Promise<readonly RuleVersion[]> {
    if (id.length > ID_LENGTH_MAX) return [];
    const { Items: items } = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(historyPk(id)) },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: HISTORY_MAX,
      }),
    );
    return (items ?? []).map(fromHistoryItem);
  }

  async createRule(body: RuleBody, by: string): Promise<RuleCreated> {
    const changeId = randomUUID();
    const createdAt = this.options.now();
    const id = this.options.newRuleId(createdAt);
    return await this.commit<RuleCreated>(async (current) => {
      const known = await this.ruleRecord(id);
      if (known?.changeId === changeId) return { result: { kind: 'saved', rule: known.rule } };
      if (!current.featureById.has(body.featureId)) return { result: { kind: 'unknown_feature' } };
      const count = await this.ruleCount();
      if (count >= RULE_LIMITS.rulesMax) return { result: { kind: 'too_many' } };
      const rule = ruleAfter(undefined, { id, body, at: createdAt, by }, current.generation + 1);
      return {
        result: { kind: 'saved', rule },
        write: {
          next: withRule(current, rule),
          cause: `${ruleName(rule)} created`,
          items: [...this.ruleWrites({ rule, changeId }, 'created'), this.countWrite(count + 1)],
        },
      };
    });
  }

  /**
   * Changes a rule to what `edit` makes of its body. With `version`, only that version is changed: when the rule has
   * moved on, nothing is.
   */
  async changeRule(
    id: string,
    edit: (body: RuleBody) => CheckedRuleBody,
    by: string,
    version?: number,
  ): Promise<RuleChanged> {
    const changeId = randomUUID();
    return await this.commit<RuleChanged>(async (current) => {
      const known = await this.ruleRecord(id);
      if (known === undefined) return { result: { kind: 'not_found' } };
      const { rule: before } = known;
      if (known.changeId === changeId) return { result: { kind: 'saved', rule: before } };
      if (version !== undefined && version !== before.version)
        return { result: { kind: 'moved', version: before.version } };
      const checked = edit(before.body);
      if (!checked.ok) return { result: { kind: 'invalid', problems: checked.problems } };
      const { body } = checked;
      if (isDeepStrictEqual(body, before.body)) return { result: { kind: 'saved', rule: before } };
      if (!current.featureById.has(body.featureId)) return { result: { kind: 'unknown_feature' } };
      const rule = ruleAfter(before, { id, body, at: this.options.now(), by }, current.generation + 1);
      const change = wordForEdit(before.body, body);
      return {
        result: { kind: 'saved', rule },
        write: {
          next: withRule(current, rule),
          cause: `${ruleName(rule)} ${change}`,
          items: this.ruleWrites({ rule, changeId }, change),
        },
      };
    });
  }

  async deleteRule(id: string, by: string): Promise<RuleDeleted> {
    let tried = false;
    return await this.commit<RuleDeleted>(async (current) => {
      const known = await this.ruleRecord(id);
      // After a first try it may be our own deletion, whose reply was lost; if it was another's, the rule is gone too.
      if (known === undefined) return { result: { kind: tried ? 'deleted' : 'not_found' } };
      tried = true;
      const { rule } = known;
      const last = {
        version: rule.version + 1,
        change: 'deleted',
        at: this.options.now(),
        by,
        body: rule.body,
      } as const;
      const count = await this.ruleCount();
      return {
        result: { kind: 'deleted' },
        write: {
          next: withoutRule(current, id),
          cause: `${ruleName(rule)} deleted`,
          items: [
            { Delete: { TableName: this.table, Key: { ...ruleKey(id) } } },
            put(this.table, toHistoryItem(id, last)),
            this.countWrite(count - 1),
          ],
        },
      };
    });
  }

  /** `plan` is asked again, with the ruleset of that moment, whenever another change came first. */
  private async commit<Result>(
    plan: (current: Ruleset) => Promise<Plan<Result>>,
  ): Promise<Result | NotSaved> {
    let faults = 0;
    for (let attempt = 0; attempt <= COLLISIONS_MAX; attempt += 1) {
      if (attempt > 0) await pause(attempt);
      // The ruleset before the items: what is read after it and committed under its generation has not changed since.
      const { write, result } = await plan(await this.rulesets.current());
      if (write === undefined) return result;
      const ruleset = rulesetWrites(this.table, write.next, write.cause.toWellFormed());
      if (partsOf(ruleset) > RULESET_PARTS_MAX) return { kind: 'ruleset_too_large' };
      try {
        await this.dynamo.send(
          new TransactWriteItemsCommand({ TransactItems: [...write.items, ...ruleset] }),
        );
        return result;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const reasons =
          error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
        if (isPermanent(error, reasons)) throw error;
        // Anything but a collision may be a lost reply: going round again finds out whether the change was made.
        if (reasons.length === 0 && (faults += 1) > FAULTS_MAX) throw error;
      }
    }
    return { kind: 'busy' };
  }

  private ruleWrites({ rule, changeId }: RuleRecord, change: RuleChange): TransactWriteItem[] {
    const { version, body, updatedAt: at, updatedBy: by } = rule;
    return [
      put(this.table, toRuleItem({ rule, changeId })),
      put(this.table, toHistoryItem(rule.id, { version, change, at, by, body })),
    ];
  }

  private async ruleCount(): Promise<number> {
    const item = await this.item(RULE_COUNT_KEY);
    return item === undefined ? 0 : readN(item, 'n');
  }

  /** Exact, because the transaction holds only while nothing else has changed. */
  private readonly countWrite = (count: number): TransactWriteItem =>
    put(this.table, { ...RULE_COUNT_KEY, n: N(count) });

  private async rulesOfFeature(featureId: string): Promise<readonly string[]> {
    const ids: string[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: 'fi = :fi',
          ProjectionExpression: 'sk',
          ExpressionAttributeValues: { ':pk': S(RULE_PK), ':fi': S(featureId) },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      ids.push(...(answer.Items ?? []).map((item) => readS(item, 'sk')));
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    return ids;
  }

  private async featureRecord(id: string): Promise<FeatureRecord | undefined> {
    const item = id.length > ID_LENGTH_MAX ? undefined : await this.item(featureKey(id));
    return item === undefined ? undefined : fromFeatureItem(item);
  }

  private async ruleRecord(id: string): Promise<RuleRecord | undefined> {
    const item = id.length > ID_LENGTH_MAX ? undefined : await this.item(ruleKey(id));
    return item === undefined ? undefined : fromRuleItem(item);
  }

  private async item(key: Item): Promise<Item | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { ...key }, ConsistentRead: true }),
    );
    return item;
  }

  /** One query, so at most 1 MB, of one partition. The cursor is the last sort key. */
  private async page(pk: string, limit: number, cursor?: string): Promise<Page<Item>> {
    const after = decodeCursor(cursor)?.['after'];
    if (cursor !== undefined && (after === undefined || after.S === '' || after.S.length > ID_LENGTH_MAX)) {
      throw new InvalidCursorError('The cursor is not one that this list gave out.');
    }
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(pk) },
        ConsistentRead: true,
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { pk: S(pk), sk: after } }),
      }),
    );
    const last = answer.LastEvaluatedKey?.['sk'];
    const next = last === undefined ? undefined : encodeCursor({ after: last });
    return { rows: answer.Items ?? [], ...(next !== undefined && { cursor: next }) };
  }
}

const put = (table: string, item: Item): TransactWriteItem => ({
  Put: { TableName: table, Item: { ...item } },
});

const partsOf = (ruleset: readonly TransactWriteItem[]): number =>
  ruleset.filter((write) => write.Put?.Item?.['b'] !== undefined).length;

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

const ruleName = ({ id, body }: SavedRule): string =>
  body.name === undefined ? `rule ${id}` : `rule "${body.name}"`;
