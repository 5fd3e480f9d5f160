import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigStore } from '../../../adapters/config-store.ts';
import { fromStoredOutcome } from '../../../adapters/event-outcome.ts';
import type { EventRecord } from '../../../adapters/event-item.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { reviseEvents } from '../../../adapters/revise-events.ts';
import { settleEvents } from '../../../adapters/settle-events.ts';
import { addDecimals, negateDecimal } from '../../../core/decimal.ts';
import type { RuleBody } from '../../../core/mapping/rule.ts';
import { createAdmin } from '../../support/admin.ts';
import { createPipeline, startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';
import { usageOf } from '../../support/usage-of.ts';

// Reverting and recounting rules: what they had counted is taken back exactly, also while events are on their way.

let engines: Engines;
let pipeline: Pipeline;
let config: ConfigStore;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  pipeline = await createPipeline(engines);
  let rules = 0;
  const { client, tables, clock } = pipeline;
  config = new ConfigStore(client, tables.config, {
    now: () => (clock.now += 1),
    newRuleId: () => `rul_${String((rules += 1))}`,
  });
  for (const id of ['exports', 'seats'])
    await config.createFeature(id, { name: id, type: 'consumable', archived: false });
});

const DAY = '2026-11-23';
const exported = (messageId: string, properties: object = {}) => ({
  type: 'track',
  messageId,
  userId: 'u1',
  event: 'Report Exported',
  timestamp: `${DAY}T10:15:00Z`,
  properties,
});

const RULE: RuleBody = {
  enabled: true,
  featureId: 'exports',
  event: { operator: 'equals', value: 'Report Exported' },
  conditions: [],
  delta: { path: 'properties.pages' },
};

async function createRule(changes: Partial<RuleBody> = {}): Promise<string> {
  const created = await config.createRule({ ...RULE, ...changes }, 'me');
  if (created.kind !== 'saved') throw new Error(created.kind);
  return created.rule.id;
}

const edit = (ruleId: string, changes: Partial<RuleBody>, past?: 'revert' | 'recount') =>
  config.changeRule(
    ruleId,
    (body) => ({ ok: true, body: { ...body, ...changes } }),
    'me',
    past === undefined ? {} : { past },
  );

async function send(...events: readonly object[]): Promise<void> {
  for (const event of events) expect((await pipeline.webhook(event)).status).toBe(200);
  await pipeline.drainEvents();
}

async function record(messageId: string): Promise<EventRecord | undefined> {
  const key = eventKeyOf(messageId);
  return (await pipeline.events.records([key])).get(key);
}

async function usesOf(messageId: string): Promise<readonly object[] | string> {
  const found = await record(messageId);
  if (found?.state !== 'mapped') return `${found?.state ?? 'gone'} ${found?.reason ?? ''}`.trim();
  return (fromStoredOutcome(found.outcome ?? '').uses ?? []).map(({ featureId, delta, ruleId }) => ({
    featureId,
    delta,
    ...(ruleId !== undefined && { ruleId }),
  }));
}

async function total(featureId: string): Promise<{ sum: string; count: number }> {
  const { sum, count } = await usageOf(pipeline, { featureId, day: DAY });
  const ofUser = await usageOf(pipeline, { userId: 'u1', featureId, day: DAY });
  expect({ sum: ofUser.sum, count: ofUser.count }).toEqual({ sum, count });
  return { sum, count };
}

const NOTHING = { sum: '0', count: 0 };

describe('a rule that is deleted and reverted', () => {
  test('has counted nothing, and its events wait for another rule', async () => {
    const id = await createRule();
    await send(exported('a', { pages: 2 }), exported('b', { pages: '0.5' }), exported('c', { pages: -1 }));
    expect(await total('exports')).toEqual({ sum: '1.5', count: 3 });

    expect(await config.deleteRule(id, 'me', 'revert')).toMatchObject({ kind: 'deleted' });
    await pipeline.rulesChanged();

    expect(await total('exports')).toEqual(NOTHING);
    expect(await usesOf('a')).toBe('unmapped no_rule');
    const [job] = await pipeline.jobs.list(1);
    expect(job).toMatchObject({ kind: 'revert', status: 'done', reverted: 3, mapped: 0, remaining: 0 });

    const another = await createRule({ featureId: 'seats' });
    await pipeline.rulesChanged();
    expect(await usesOf('a')).toEqual([{ featureId: 'seats', delta: '2', ruleId: another }]);
    expect(await total('seats')).toEqual({ sum: '1.5', count: 3 });
  });

  test('leaves what other rules and the events themselves have counted', async () => {
    const id = await createRule();
    const other = await createRule({ featureId: 'seats', delta: { value: '7' } });
    await send(exported('a', { pages: 2 }), exported('b', { featureId: 'exports', delta: 4 }));
    await config.deleteRule(id, 'me', 'revert');
    await pipeline.rulesChanged();
    expect(await usesOf('a')).toEqual([{ featureId: 'seats', delta: '7', ruleId: other }]);
    expect(await usesOf('b')).toEqual([{ featureId: 'exports', delta: '4' }]);
    expect(await total('exports')).toEqual({ sum: '4', count: 1 });
    expect(await total('seats')).toEqual({ sum: '7', count: 1 });
  });

  test('makes way for a rule that stood behind it', async () => {
    const id = await createRule();
    const behind = await createRule({ delta: { value: '10' } });
    await send(exported('a', { pages: 2 }));
    await config.deleteRule(id, 'me', 'revert');
    await pipeline.rulesChanged();
    expect(await usesOf('a')).toEqual([{ featureId: 'exports', delta: '10', ruleId: behind }]);
    expect(await total('exports')).toEqual({ sum: '10', count: 1 });
  });

  test('without revert, everything stays counted', async () => {
    const id = await createRule();
    await send(exported('a', { pages: 2 }));
    await config.deleteRule(id, 'me');
    await pipeline.rulesChanged();
    expect(await total('exports')).toEqual({ sum: '2', count: 1 });
  });
});

describe('a rule that is disabled and reverted', () => {
  test('counts again from its next enabling on, each event once', async () => {
    const id = await createRule();
    await send(exported('a', { pages: 2 }));
    expect(await edit(id, { enabled: false }, 'revert')).toMatchObject({ kind: 'saved' });
    await pipeline.rulesChanged();
    expect(await total('exports')).toEqual(NOTHING);
    await edit(id, { enabled: true });
    await pipeline.rulesChanged();
    await send(exported('b', { pages: 3 }));
    expect(await total('exports')).toEqual({ sum: '5', count: 2 });
    await pipeline.tick();
    await pipeline.drainSweeps();
    expect(await total('exports')).toEqual({ sum: '5', count: 2 });
  });

  test('may be reverted later than it was disabled, and not while it is enabled', async () => {
    const id = await createRule();
    await send(exported('a', { pages: 2 }));
    expect(await edit(id, {}, 'revert')).toEqual({ kind: 'still_enabled' });
    await edit(id, { enabled: false });
    await pipeline.rulesChanged();
    expect(await total('exports')).toEqual({ sum: '2', count: 1 });
    expect(await edit(id, {}, 'revert')).toMatchObject({ kind: 'saved', rule: { version: 3 } });
    await pipeline.rulesChanged();
    expect(await total('exports')).toEqual(NOTHING);
  });
});

describe('a rule that is edited and recounted', () => {
  test('has counted what it would have, had it been so from the beginning', async () => {
    const id = await createRule();
    await send(exported('a', { pages: 2, plan: 'pro' }), exported('b', { pages: 3, plan: 'free' }));
    await edit(
      id,
      {
        conditions: [{ path: 'properties.plan', operator: 'equals', value: 'pro' }],
        featureId: 'seats',
        delta: { value: '9' },
      },
      'recount',
    );
    await pipeline.rulesChanged();
    expect(await usesOf('a')).toEqual([{ featureId: 'seats', delta: '9', ruleId: id }]);
    expect(await usesOf('b')).toBe('unmapped no_rule');
    expect(await total('exports')).toEqual(NOTHING);
    expect(await total('seats')).toEqual({ sum: '9', count: 1 });
    expect(await pipeline.jobs.list(2)).toMatchObject([
      { kind: 'recount', ruleId: id, reverted: 2, mapped: 1 },
      { kind: 'reprocess', ruleId: id },
    ]);
  });

  test('leaves other rules as they had counted, though they were edited since', async () => {
    const id = await createRule();
    const other = await createRule({ featureId: 'seats', delta: { value: '7' } });
    await send(exported('a', { pages: 2 }));
    await edit(other, { delta: { value: '8' } });
    await edit(id, { delta: { value: '1' } }, 'recount');
    await pipeline.rulesChanged();
    expect(await usesOf('a')).toEqual([
      { featureId: 'seats', delta: '7', ruleId: other },
      { featureId: 'exports', delta: '1', ruleId: id },
    ]);
    expect(await total('seats')).toEqual({ sum: '7', count: 1 });
  });

  test('is recounted once, whatever is delivered twice', async () => {
    const id = await createRule();
    await send(exported('a', { pages: 2 }), exported('b', { pages: 3 }));
    await edit(id, { delta: { value: '1' } }, 'recount');
    await pipeline.rulesChanged();
    await pipeline.rulesChanged();
    await pipeline.tick();
    await pipeline.drainSweeps();
    expect(await total('exports')).toEqual({ sum: '2', count: 2 });
  });
});

test('of two workers that recount one event at the same moment, one does', async () => {
  const id = await createRule();
  await send(exported('a', { pages: 2 }));
  await edit(id, { delta: { value: '9' } }, 'recount');
  const { generation } = await pipeline.settling.rulesets.head();
  const change = { kind: 'recount', ruleId: id, belowVersion: 2, generation } as const;
  const revise = () => reviseEvents(pipeline.settling, [eventKeyOf('a')], change, Infinity);
  // The other one begins and ends between the first one's reading of the event and its commit.
  const open = pipeline.events.open.bind(pipeline.events);
  let raced = false;
  pipeline.events.open = async (item) => {
    if (!raced) {
      raced = true;
      expect(await revise()).toMatchObject({ reverted: 1, mapped: 1 });
    }
    return await open(item);
  };
  expect(await revise()).toMatchObject({ reverted: 0, mapped: 0, failed: [] });
  expect(await total('exports')).toEqual({ sum: '9', count: 1 });
});

/** What somebody does between a worker's reading of the rules and everything after it. */
function whileDeciding(work: () => Promise<unknown>): { readonly raced: () => boolean } {
  const { rulesets } = pipeline.settling;
  const current = rulesets.current.bind(rulesets);
  let raced = false;
  rulesets.current = async () => {
    const ruleset = await current();
    if (!raced) {
      raced = true;
      await work();
    }
    return ruleset;
  };
  return { raced: () => raced };
}

describe('a decision that was made before the rule was reverted', () => {
  test('is not committed for a new event after the scan has passed it', async () => {
    const id = await createRule();
    await pipeline.webhook(exported('a', { pages: 2 }));
    const { raced } = whileDeciding(async () => {
      await config.deleteRule(id, 'me', 'revert');
      await pipeline.rulesChanged();
      expect(await pipeline.jobs.list(1)).toMatchObject([{ kind: 'revert', status: 'done' }]);
    });
    await pipeline.drainEvents();
    expect(raced()).toBe(true);
    expect(await usesOf('a')).toBe('unmapped no_rule');
    expect(await total('exports')).toEqual(NOTHING);
  });

  test('is not committed for an unmapped event after the scan has passed it', async () => {
    await send(exported('a', { pages: 2 }));
    const id = await createRule();
    const { raced } = whileDeciding(async () => {
      // A sweep that has the event in its hands, and the rule is gone before it commits.
      await config.deleteRule(id, 'me', 'revert');
      const { generation } = await pipeline.settling.rulesets.head();
      await pipeline.rulesChanged();
      expect(await pipeline.jobs.revisedGeneration()).toBe(generation);
    });
    await settleEvents(pipeline.settling, [eventKeyOf('a')], { from: 'unmapped', deadline: Infinity });
    expect(raced()).toBe(true);
    expect(await usesOf('a')).toBe('unmapped no_rule');
    expect(await total('exports')).toEqual(NOTHING);
  });

  test('of another rule is not brought back by a revision of an earlier change', async () => {
    const first = await createRule();
    const second = await createRule({ delta: { value: '10' } });
    await send(exported('a', { pages: 2 }));
    await config.deleteRule(first, 'me', 'revert');
    // The revision of the first decides again, by rules that still have the second; that one is reverted before it commits.
    let calls = 0;
    const { rulesets } = pipeline.settling;
    const current = rulesets.current.bind(rulesets);
    rulesets.current = async () => {
      const ruleset = await current();
      calls += 1;
      // The planner reads the rules first.
      if (calls === 2) {
        await config.deleteRule(second, 'me', 'revert');
        await pipeline.reprocess({ trigger: 'timer' }, { getRemainingTimeInMillis: () => 60_000 });
        // Were its scan to begin now, it would pass the event before the first one commits.
        await pipeline.drainSweeps();
      }
      return ruleset;
    };
    await pipeline.rulesChanged();
    expect(calls).toBeGreaterThan(2);
    await pipeline.drainSweeps();
    expect(await usesOf('a')).toBe('unmapped no_rule');
    expect(await total('exports')).toEqual(NOTHING);
  });
});

test('an event that is reverted joins its group behind the fence: a rule saved meanwhile maps it', async () => {
  const id = await createRule();
  await send(exported('a', { pages: 2 }));
  await config.deleteRule(id, 'me', 'revert');
  let calls = 0;
  const { rulesets } = pipeline.settling;
  const current = rulesets.current.bind(rulesets);
  rulesets.current = async () => {
    const ruleset = await current();
    calls += 1;
    if (calls === 2) {
      await createRule({ featureId: 'seats' });
      await pipeline.reprocess({ trigger: 'timer' }, { getRemainingTimeInMillis: () => 60_000 });
    }
    return ruleset;
  };
  await pipeline.rulesChanged();
  await pipeline.drainSweeps();
  expect(await usesOf('a')).toMatchObject([{ featureId: 'seats', delta: '2' }]);
  expect(await total('exports')).toEqual(NOTHING);
  expect(await total('seats')).toEqual({ sum: '2', count: 1 });
});

test('a scan that loses its messages and workers is finished by the timer', async () => {
  const id = await createRule();
  await send(exported('a', { pages: 2 }), exported('b', { pages: 3 }));
  await config.deleteRule(id, 'me', 'revert');
  await pipeline.reprocess(
    { Records: [{ eventSource: 'aws:dynamodb', eventName: 'MODIFY' }] },
    {
      getRemainingTimeInMillis: () => 60_000,
    },
  );
  for (;;) {
    const lost = await engines.sqs.receive(pipeline.queues.sweeps);
    if (lost.length === 0) break;
    await Promise.all(lost.map((message) => engines.sqs.remove(pipeline.queues.sweeps, message)));
  }
  expect(await pipeline.jobs.list(1)).toMatchObject([{ kind: 'revert', status: 'running' }]);
  pipeline.clock.now += 7 * 60_000;
  await pipeline.tick();
  await pipeline.drainSweeps();
  expect(await total('exports')).toEqual(NOTHING);
  expect(await pipeline.jobs.list(1)).toMatchObject([{ kind: 'revert', status: 'done', reverted: 2 }]);
});

test('a sweep reads no event of another name', async () => {
  await send(exported('a'), { ...exported('b'), event: 'Seat Added' }, { ...exported('c'), event: 'Other' });
  await createRule();
  await pipeline.rulesChanged();
  expect(await pipeline.jobs.list(1)).toMatchObject([{ scanned: 1, mapped: 1, otherEvents: 0 }]);
});

describe('the impact that is shown before', () => {
  const differences = async (
    work: () => Promise<unknown>,
  ): Promise<{ featureId: string; sum: string; count: number }[]> => {
    const before = { exports: await total('exports'), seats: await total('seats') };
    await work();
    await pipeline.rulesChanged();
    const after = { exports: await total('exports'), seats: await total('seats') };
    return (['exports', 'seats'] as const)
      .map((featureId) => ({
        featureId,
        sum: addDecimals(after[featureId].sum, negateDecimal(before[featureId].sum)),
        count: after[featureId].count - before[featureId].count,
      }))
      .filter(({ sum, count }) => sum !== '0' || count !== 0);
  };
  const byFeature = (body: unknown): unknown =>
    typeof body === 'object' && body !== null && 'usage' in body && Array.isArray(body.usage)
      ? body.usage.toSorted((a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : body;

  test('is what reverting then brings about', async () => {
    const id = await createRule();
    await createRule({
      featureId: 'seats',
      delta: { value: '7' },
      conditions: [{ path: 'properties.plan', operator: 'equals', value: 'pro' }],
    });
    await createRule({ delta: { value: '10' } });
    await send(
      exported('a', { pages: 2, plan: 'pro' }),
      exported('b', { pages: 3 }),
      exported('c', { pages: 4 }),
    );
    const admin = createAdmin(pipeline.client, pipeline.tables);
    const shown = await admin.call('GET', `/api/rules/${id}/impact?change=revert`);
    expect(shown.body).toMatchObject({ exact: true, events: 3 });
    const happened = await differences(() => admin.call('DELETE', `/api/rules/${id}?revert=1`));
    expect(byFeature(shown.body)).toEqual(happened);
    expect(happened).toEqual([{ featureId: 'exports', sum: '11', count: -1 }]);
  });

  test('is what recounting an edit then brings about', async () => {
    const id = await createRule();
    await send(exported('a', { pages: 2, plan: 'pro' }), exported('b', { pages: 3, plan: 'free' }));
    const edited = {
      ...RULE,
      featureId: 'seats',
      conditions: [{ path: 'properties.plan', operator: 'equals', value: 'pro' }],
    };
    const admin = createAdmin(pipeline.client, pipeline.tables);
    const shown = await admin.call('POST', `/api/rules/${id}/impact`, { body: edited });
    expect(shown.body).toMatchObject({ exact: true, events: 2 });
    const happened = await differences(() =>
      admin.call('PATCH', `/api/rules/${id}?recount=1`, { body: edited }),
    );
    expect(byFeature(shown.body)).toEqual(happened);
    expect(happened).toEqual([
      { featureId: 'exports', sum: '-5', count: -2 },
      { featureId: 'seats', sum: '2', count: 1 },
    ]);
  });

  test('says when there was no time to look at everything', async () => {
    const id = await createRule();
    await send(exported('a', { pages: 2 }));
    const admin = createAdmin(pipeline.client, pipeline.tables);
    const counted = admin.scan.counted.bind(admin.scan);
    admin.scan.counted = (...args) => {
      admin.clock.now += 15_000;
      return counted(...args);
    };
    expect((await admin.call('GET', `/api/rules/${id}/impact?change=revert`)).body).toMatchObject({
      exact: false,
    });
  });
});
