import { QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { Ruleset, RulesetSettings } from '../core/ruleset.ts';
import { newChange, type AskedChange } from './asked-change.ts';
import { DamagedItemError, N, readN, readS, S, type Item } from './attributes.ts';
import { commitConfigChange, type NotSaved, type Plan } from './config-commit.ts';
import { withSettings } from './ruleset-change.ts';
import { RulesetStore } from './ruleset-store.ts';

// Settings that decisions depend on are part of the ruleset, so a change of them is a change of the ruleset: one
// transaction, a new generation, and every decision afterwards is made by it. With it goes an entry of the history.

const SETTINGS_PK = 'settings';

export interface SettingsVersion {
  readonly at: number;
  /** The id of an API key, or `admin-key`. */
  readonly by: string;
  readonly settings: RulesetSettings;
}

export type SettingsChanged = { readonly kind: 'saved'; readonly settings: RulesetSettings } | NotSaved;

export class SettingsStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly rulesets: RulesetStore;
  private readonly now: () => number;

  constructor(dynamo: DynamoDBClient, table: string, now: () => number) {
    this.dynamo = dynamo;
    this.table = table;
    this.rulesets = new RulesetStore(dynamo, table);
    this.now = now;
  }

  async current(): Promise<RulesetSettings> {
    return (await this.rulesets.current()).settings;
  }

  async change(
    change: Partial<RulesetSettings>,
    by: string,
    asked: AskedChange = newChange(this.now()),
  ): Promise<SettingsChanged> {
    const { dynamo, table, rulesets, now } = this;
    const plan = (current: Ruleset): Promise<Plan<SettingsChanged>> => {
      const settings: RulesetSettings = { ...current.settings, ...change };
      const result = { kind: 'saved', settings } as const;
      if (settings.chargebee === current.settings.chargebee) return Promise.resolve({ result });
      const next = withSettings(current, settings);
      const item = toVersionItem(next.generation, { at: now(), by, settings }, asked.id);
      return Promise.resolve({
        result,
        write: {
          next,
          cause: `Chargebee switched ${settings.chargebee ? 'on' : 'off'}`,
          items: [{ Put: { TableName: table, Item: { ...item } } }],
          made: item,
        },
      });
    };
    const resultOf = (made: Item): SettingsChanged => ({
      kind: 'saved',
      settings: fromVersionItem(made).settings,
    });
    return await commitConfigChange({ dynamo, table, rulesets }, { asked, now, plan, resultOf });
  }

  /** The latest changes, newest first. */
  async history(limit: number): Promise<SettingsVersion[]> {
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(SETTINGS_PK) },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return (answer.Items ?? []).map(fromVersionItem);
  }
}

const settingsSchema = z.object({ chargebee: z.boolean() });

function toVersionItem(generation: number, { at, by, settings }: SettingsVersion, changeId: string): Item {
  return {
    pk: S(SETTINGS_PK),
    sk: S(String(generation).padStart(10, '0')),
    d: S(JSON.stringify(settings)),
    at: N(at),
    by: S(by),
    ch: S(changeId),
  };
}

function fromVersionItem(item: Item): SettingsVersion {
  const parsed = z.safeParse(settingsSchema, JSON.parse(readS(item, 'd')));
  if (!parsed.success) throw new DamagedItemError('A stored change of the settings cannot be read.');
  return { at: readN(item, 'at'), by: readS(item, 'by'), settings: parsed.data };
}
