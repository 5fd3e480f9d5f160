import { randomBytes } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newChange } from '../../adapters/asked-change.ts';
import { N } from '../../adapters/attributes.ts';
import { RULE_COUNT_KEY, type FeatureBody } from '../../adapters/config-item.ts';
import { ConfigStore, type RuleCreated } from '../../adapters/config-store.ts';
import { InvalidCursorError } from '../../adapters/cursor.ts';
import { newRuleId } from '../../adapters/rule-id.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import type { SavedRule } from '../../adapters/ruleset-change.ts';
import { parseJson, type JsonValue } from '../../core/json-value.ts';
import { checkRuleBody, type CheckedRuleBody, type RuleBody } from '../../core/mapping/rule.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';
import { interruptedDynamo, type Interruption } from '../support/interrupted-dynamo.ts';

const MESSAGES: FeatureBody = { name: 'Messages', type: 'consumable', unitLabel: 'message', archived: false };
const RULE: RuleBody = {
  name: 'Messages from paying teams',
  enabled: true,
  featureId: 'messages',
  event: { operator: 'equals', value: 'Message Sent' },
  conditions: [{ path: 'properties.plan', operator: 'in', value: ['pro', 'team'] }],
};

let dynamo: TestDynamo;
let table: string;
let clock: number;
let store: ConfigStore;
let rulesets: RulesetStore;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = (await dynamo.tables()).config;
  clock = Date.UTC(2026, 10, 23);
  store = new ConfigStore(dynamo.client, table, { now: () => clock, newRuleId });
  rulesets = new RulesetStore(dynamo.client, table);
});

const editTo =
  (change: object) =>
  (body: RuleBody): CheckedRuleBody =>
    checkRuleBody(jsonOf({ ...body, ...change }));

function jsonOf(value: object): JsonValue {
  const parsed = parseJson(JSON.stringify(value));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

async function savedRule(created: Promise<RuleCreated>): Promise<SavedRule> {
  const result = await created;
  if (result.kind !== 'saved') throw new Error(`The rule was not saved: ${result.kind}`);
  return result.rule;
}

describe('features', () => {
  test('a created feature is part of the next generation of the ruleset', async () => {
    const created = await store.createFeature('messages', MESSAGES);
    expect(created).toEqual({
      kind: 'saved',
      feature: { id: 'messages', ...MESSAGES, generation: 1, createdAt: clock, updatedAt: clock },
    });
    const ruleset = await rulesets.current();
    expect(ruleset.generation).toBe(1);
    expect(ruleset.features).toEqual([{ id: 'messages', archived: false, generation: 1 }]);
    expect(await rulesets.head()).toEqual({ generation: 1, cause: 'feature "messages" created' });
    expect(await store.getFeature('messages')).toEqual(created.kind === 'saved' && created.feature);
  });

  test('an id that exists is refused and nothing is written', async () => {
    await store.createFeature('messages', MESSAGES);
    expect(await store.createFeature('messages', { ...MESSAGES, name: 'Other' })).toEqual({ kind: 'exists' });
    expect((await rulesets.head()).generation).toBe(1);
    expect((await store.getFeature('messages'))?.name).toBe('Messages');
  });

  test('only a creation or a return from the archive lets a feature count more', async () => {
    await store.createFeature('messages', MESSAGES);
    await store.changeFeature('messages', { name: 'Texts', unitLabel: undefined });
    expect(await store.getFeature('messages')).toMatchObject({ name: 'Texts', generation: 1 });
    expect(await store.getFeature('messages')).not.toHaveProperty('unitLabel', expect.anything());
    await store.changeFeature('messages', { archived: true });
    expect((await rulesets.current()).features).toEqual([{ id: 'messages', archived: true, generation: 1 }]);
    await store.changeFeature('messages', { archived: false });
    expect((await rulesets.current()).features).toEqual([{ id: 'messages', archived: false, generation: 4 }]);
  });

  test('a change that changes nothing makes no generation', async () => {
    await store.createFeature('messages', MESSAGES);
    expect(
      await store.changeFeature('messages', { name: 'Messages', unitLabelPlural: undefined }),
    ).toMatchObject({
      kind: 'saved',
    });
    expect((await rulesets.head()).generation).toBe(1);
  });

  test('a feature that a rule uses, even a disabled one, cannot be deleted', async () => {
    await store.createFeature('messages', MESSAGES);
    const rule = await savedRule(store.createRule({ ...RULE, enabled: false }, 'me'));
    expect(await store.deleteFeature('messages')).toEqual({ kind: 'in_use', ruleIds: [rule.id] });
    await store.deleteRule(rule.id, 'me');
    expect(await store.deleteFeature('messages')).toEqual({ kind: 'deleted' });
  });

  test('a deleted feature is gone, is remembered for its usage, and its id can be used again', async () => {
    await store.createFeature('messages', MESSAGES);
    await store.deleteFeature('messages');
    expect(await store.getFeature('messages')).toBeUndefined();
    expect((await store.listFeatures(100)).rows).toEqual([]);
    expect(await store.deleteFeature('messages')).toEqual({ kind: 'not_found' });
    expect(await store.changeFeature('messages', { name: 'x' })).toEqual({ kind: 'not_found' });
    expect((await rulesets.current()).features).toEqual([]);
    expect(await store.allFeatureIds()).toEqual(['messages']);
    expect(await store.createFeature('messages', MESSAGES)).toMatchObject({
      kind: 'saved',
      feature: { generation: 3 },
    });
  });
});

describe('rules', () => {
  beforeEach(async () => {
    await store.createFeature('messages', MESSAGES);
  });

  test('a rule for a feature that does not exist is refused', async () => {
    expect(await store.createRule({ ...RULE, featureId: 'nothing' }, 'me')).toEqual({
      kind: 'unknown_feature',
    });
    expect((await rulesets.head()).generation).toBe(1);
  });

  test.each([
    [{ operator: 'equals', value: 'Report Viewed' }, 'rule for "Report Viewed" created'],
    [{ operator: 'in', value: ['A', 'B', 'C'] }, 'rule for "A" and 2 more created'],
    [{ operator: 'equals', value: '😀'.repeat(150) }, `rule for "${'😀'.repeat(100)}" created`],
  ] as const)('a rule without a name, for %j, is known by its events', async (event, cause) => {
    const body = checkRuleBody(jsonOf({ event, conditions: [], featureId: 'messages' }));
    if (!body.ok) throw new Error('The rule is not valid.');
    await savedRule(store.createRule(body.body, 'me'));
    expect(await rulesets.head()).toMatchObject({ cause });
  });

  test('a created rule is in the ruleset, with its history and the cause of the generation', async () => {
    const rule = await savedRule(store.createRule(RULE, 'key_1'));
    expect(rule).toMatchObject({
      version: 1,
      body: RULE,
      generation: 2,
      createdAt: clock,
      updatedBy: 'key_1',
    });
    const { event, conditions } = RULE;
    expect((await rulesets.current()).rules).toEqual([
      { id: rule.id, version: 1, featureId: 'messages', event, conditions, createdAt: clock, generation: 2 },
    ]);
    expect((await rulesets.head()).cause).toBe('rule "Messages from paying teams" created');
    expect(await store.getRule(rule.id)).toEqual(rule);
    expect(await store.ruleHistory(rule.id)).toEqual([
      { version: 1, change: 'created', at: clock, by: 'key_1', body: RULE },
    ]);
  });

  test('a disabled rule is kept out of the ruleset until it is enabled', async () => {
    const { id } = await savedRule(store.createRule({ ...RULE, enabled: false }, 'me'));
    expect((await rulesets.current()).rules).toEqual([]);
    await store.changeRule(id, editTo({ enabled: true }), 'me');
    expect((await rulesets.current()).rules).toMatchObject([{ id, version: 2, generation: 3 }]);
    await store.changeRule(id, editTo({ enabled: false }), 'me');
    expect((await rulesets.current()).rules).toEqual([]);
    expect((await rulesets.head()).generation).toBe(4);
    expect((await store.ruleHistory(id)).map(({ change }) => change)).toEqual([
      'disabled',
      'enabled',
      'created',
    ]);
  });

  test('an edit of what matches moves the generation of the rule, a new name does not', async () => {
    const { id } = await savedRule(store.createRule(RULE, 'me'));
    await store.changeRule(id, editTo({ name: 'Renamed' }), 'me');
    expect((await rulesets.current()).rules).toMatchObject([{ version: 2, generation: 2 }]);
    await store.changeRule(id, editTo({ conditions: [] }), 'me');
    expect((await rulesets.current()).rules).toMatchObject([{ version: 3, generation: 4 }]);
  });

  test('an edit that is not valid, or names an unknown feature, leaves the rule as it is', async () => {
    const rule = await savedRule(store.createRule(RULE, 'me'));
    expect(await store.changeRule(rule.id, editTo({ conditions: 7 }), 'me')).toMatchObject({
      kind: 'invalid',
      problems: [{ path: 'conditions' }],
    });
    expect(await store.changeRule(rule.id, editTo({ featureId: 'x' }), 'me')).toEqual({
      kind: 'unknown_feature',
    });
    expect(await store.changeRule('rul_nothing', editTo({}), 'me')).toEqual({ kind: 'not_found' });
    expect(await store.getRule(rule.id)).toEqual(rule);
  });

  test('of two edits of one version exactly one is made', async () => {
    const { id } = await savedRule(store.createRule(RULE, 'me'));
    const results = await Promise.all(
      ['left', 'right'].map((name) => store.changeRule(id, editTo({ name }), name, { version: 1 })),
    );
    expect(results.map(({ kind }) => kind).sort()).toEqual(['moved', 'saved']);
    expect(await store.getRule(id)).toMatchObject({ version: 2 });
  });

  test('a deleted rule is gone but for its history', async () => {
    const { id } = await savedRule(store.createRule(RULE, 'me'));
    expect(await store.deleteRule(id, 'you')).toEqual({ kind: 'deleted' });
    expect(await store.deleteRule(id, 'you')).toEqual({ kind: 'not_found' });
    expect(await store.getRule(id)).toBeUndefined();
    expect((await rulesets.current()).rules).toEqual([]);
    expect((await rulesets.head()).cause).toBe('rule "Messages from paying teams" deleted');
    expect(await store.ruleHistory(id)).toMatchObject([
      { version: 2, change: 'deleted', by: 'you' },
      { version: 1, change: 'created', by: 'me' },
    ]);
  });

  test('rules that twenty people save at the same moment are all saved', async () => {
    const stores = Array.from(
      { length: 20 },
      () => new ConfigStore(dynamo.client, table, { now: () => clock, newRuleId }),
    );
    const rules = await Promise.all(stores.map((one) => savedRule(one.createRule(RULE, 'me'))));
    const ruleset = await rulesets.current();
    expect(ruleset.generation).toBe(21);
    expect(ruleset.rules.map(({ id }) => id).sort()).toEqual(rules.map(({ id }) => id).sort());
    expect(new Set(rules.map(({ generation }) => generation)).size).toBe(20);
  });

  test('a feature is never deleted under a rule that is being created', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = `feature-${String(round)}`;
      await store.createFeature(id, MESSAGES);
      const other = new ConfigStore(dynamo.client, table, { now: () => clock, newRuleId });
      const [deleted, created] = await Promise.all([
        store.deleteFeature(id),
        other.createRule({ ...RULE, featureId: id }, 'me'),
      ]);
      expect([`${deleted.kind} ${created.kind}`]).toEqual([
        expect.stringMatching(/^(?:deleted unknown_feature|in_use saved)$/),
      ]);
    }
  });

  test('a change whose reply is lost is made once and reported as made', async () => {
    const lost: Interruption[] = ['lose reply'];
    const client = interruptedDynamo(dynamo.endpoint, (command) =>
      command === 'TransactWriteItemsCommand' ? lost.pop() : undefined,
    );
    const unlucky = new ConfigStore(client, table, { now: () => clock, newRuleId });
    const rule = await savedRule(unlucky.createRule(RULE, 'me'));
    expect((await store.listRules(10)).rows).toEqual([rule]);
    lost.push('lose reply');
    expect(await unlucky.changeRule(rule.id, editTo({ name: 'b' }), 'me', { version: 1 })).toMatchObject({
      rule: { version: 2 },
    });
    lost.push('lose reply');
    expect(await unlucky.createFeature('other', MESSAGES)).toMatchObject({ kind: 'saved' });
    lost.push('lose reply');
    expect(await unlucky.deleteFeature('other')).toEqual({ kind: 'deleted' });
    lost.push('lose reply');
    expect(await unlucky.deleteRule(rule.id, 'me')).toEqual({ kind: 'deleted' });
    expect((await rulesets.head()).generation).toBe(6);
    client.destroy();
  });

  test('attempts at one change make it once, also at the same moment, and after what others have changed', async () => {
    const asked = newChange(clock);
    const create = () =>
      new ConfigStore(dynamo.client, table, { now: () => clock, newRuleId }).createRule(RULE, 'me', asked);
    const made = await Promise.all(Array.from({ length: 6 }, () => savedRule(create())));
    const [rule] = (await store.listRules(10)).rows;
    expect(made).toEqual(Array.from({ length: 6 }, () => rule));
    expect((await rulesets.head()).generation).toBe(2);
    await store.changeRule(rule?.id ?? '', editTo({ name: 'Edited' }), 'you');
    expect(await savedRule(create())).toEqual(rule);
    await store.deleteRule(rule?.id ?? '', 'you');
    expect(await savedRule(create())).toEqual(rule);
    expect((await store.listRules(10)).rows).toEqual([]);
  });

  test('the number of rules has a limit', async () => {
    await dynamo.client.send(
      new PutItemCommand({ TableName: table, Item: { ...RULE_COUNT_KEY, n: N(10_000) } }),
    );
    expect(await store.createRule(RULE, 'me')).toEqual({ kind: 'too_many' });
  });

  test('rules that together are too large for a ruleset are refused, and nothing is written', async () => {
    const large = (): RuleBody => ({
      ...RULE,
      conditions: [
        {
          path: 'properties.id',
          operator: 'in',
          value: Array.from({ length: 50 }, () => randomBytes(750).toString('base64').slice(0, 1_000)),
        },
      ],
    });
    let saved = 0;
    let refused: string | undefined;
    while (refused === undefined && saved < 60) {
      const { kind } = await store.createRule(large(), 'me');
      if (kind === 'saved') saved += 1;
      else refused = kind;
    }
    expect(refused).toBe('ruleset_too_large');
    expect((await rulesets.current()).rules).toHaveLength(saved);
    expect((await rulesets.head()).generation).toBe(saved + 1);
  });

  test('rules are listed in the order of their creation, a page at a time', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      clock += 1;
      ids.push((await savedRule(store.createRule(RULE, 'me'))).id);
    }
    const first = await store.listRules(3);
    const second = await store.listRules(3, first.cursor);
    expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(ids);
    expect(second.cursor).toBeUndefined();
    await expect(store.listRules(3, 'bm9uc2Vuc2U')).rejects.toThrow(InvalidCursorError);
  });
});
