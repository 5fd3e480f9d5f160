import {
  GetItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { readN, readS, S, type Item } from './attributes.ts';
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
  type Feature,
  type FeatureRecord,
  type RuleRecord,
  type RuleVersion,
} from './config-item.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import type { Page } from './event-store.ts';
import type { SavedRule } from './ruleset-change.ts';

// Reading features, rules and the history of rules, always consistently: what was just saved is there.

/** Versions of a rule that are shown. */
const HISTORY_MAX = 20;
/** Longer ids were never given out, and would be more than a DynamoDB key holds. */
const ID_LENGTH_MAX = 200;
const IDS_PER_QUERY = 1_000;

export class ConfigReader {
  protected readonly dynamo: DynamoDBClient;
  protected readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
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
      const page = await this.page(FEATURE_PK, IDS_PER_QUERY, cursor);
      ids.push(...page.rows.map((item) => readS(item, 'sk')));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return ids;
  }

  async getFeature(id: string): Promise<Feature | undefined> {
    const record = await this.featureRecord(id);
    return record?.deletedAt === undefined ? record?.feature : undefined;
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

  /** All versions of a rule, newest first, page by page; those of a deleted rule too. */
  async rulePast(id: string, limit: number, cursor?: string): Promise<Page<RuleVersion>> {
    if (id.length > ID_LENGTH_MAX) return { rows: [] };
    const page = await this.page(historyPk(id), limit, cursor, false);
    return { ...page, rows: page.rows.map(fromHistoryItem) };
  }

  /** A feature's item, also of a deleted one. */
  protected async featureRecord(id: string): Promise<FeatureRecord | undefined> {
    const item = id.length > ID_LENGTH_MAX ? undefined : await this.item(featureKey(id));
    return item === undefined ? undefined : fromFeatureItem(item);
  }

  protected async ruleRecord(id: string): Promise<RuleRecord | undefined> {
    const item = id.length > ID_LENGTH_MAX ? undefined : await this.item(ruleKey(id));
    return item === undefined ? undefined : fromRuleItem(item);
  }

  /** Rules, disabled ones included. */
  async ruleCount(): Promise<number> {
    const item = await this.item(RULE_COUNT_KEY);
    return item === undefined ? 0 : readN(item, 'n');
  }

  /** Ids of the rules that count for a feature, enabled or not. */
  protected async rulesOfFeature(featureId: string): Promise<readonly string[]> {
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

  private async item(key: Item): Promise<Item | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { ...key }, ConsistentRead: true }),
    );
    return item;
  }

  /** One query, so at most 1 MB, of one partition. The cursor is the last sort key. */
  private async page(pk: string, limit: number, cursor?: string, forward = true): Promise<Page<Item>> {
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
        ScanIndexForward: forward,
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { pk: S(pk), sk: after } }),
      }),
    );
    const last = answer.LastEvaluatedKey?.['sk'];
    const next = last === undefined ? undefined : encodeCursor({ after: last });
    return { rows: answer.Items ?? [], ...(next !== undefined && { cursor: next }) };
  }
}
