import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { EMPTY_SNAPSHOT, type RulesetSnapshot } from '../../../core/ruleset.ts';
import {
  context,
  createPipeline,
  startEngines,
  type Engines,
  type Pipeline,
} from '../../support/pipeline.ts';
import { usageOf } from '../../support/usage-of.ts';

let engines: Engines;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  pipeline = await createPipeline(engines);
});

const FEATURES = {
  ...EMPTY_SNAPSHOT,
  generation: 1,
  features: [{ id: 'exports', archived: false, generation: 1 }],
} satisfies RulesetSnapshot;

const withRule = (rule: Partial<RulesetSnapshot['rules'][number]> = {}): RulesetSnapshot => ({
  ...FEATURES,
  generation: 2,
  rules: [
    {
      id: 'r1',
      version: 1,
      featureId: 'exports',
      event: { operator: 'equals', value: 'Report Exported' },
      conditions: [{ path: 'properties.plan', operator: 'equals', value: 'pro' }],
      createdAt: 1,
      generation: 2,
      ...rule,
    },
  ],
});

const exported = (messageId: string, properties: object = {}, userId = 'u1') => ({
  type: 'track',
  event: 'Report Exported',
  userId,
  messageId,
  timestamp: '2026-11-23T10:15:00Z',
  properties,
});

async function stateOf(messageId: string): Promise<string | undefined> {
  return (await pipeline.events.records([eventKeyOf(messageId)])).get(eventKeyOf(messageId))?.state;
}

describe('an event that names its feature', () => {
  test('counts its delta in the hour of its timestamp, for its user and for the feature', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.webhook(exported('m1', { featureId: 'exports', delta: '1.5' }));
    await pipeline.webhook(exported('m2', { featureId: 'exports', delta: -0.25 }));
    await pipeline.drainEvents();
    expect(await usageOf(pipeline, { userId: 'u1', featureId: 'exports', day: '2026-11-23' })).toEqual({
      sum: '1.25',
      count: 2,
      hours: { 10: { sum: '1.25', count: 2 } },
    });
    expect(await usageOf(pipeline, { featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      sum: '1.25',
      count: 2,
    });
  });

  test('counts no digit less than was sent, also beyond what a double holds', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.send({
      body: '{"type":"track","event":"E","userId":"u1","messageId":"m1","timestamp":"2026-11-23T10:00:00Z","properties":{"other":123456789012345.12,"featureId":"exports","delta":123456789012345.123456}}',
    });
    await pipeline.drainEvents();
    expect(await usageOf(pipeline, { userId: 'u1', featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      sum: '123456789012345.123456',
    });
  });

  test('waits for the feature that it names and is counted when that is created', async () => {
    await pipeline.webhook(exported('m1', { featureId: 'exports' }));
    await pipeline.drainEvents();
    expect(await stateOf('m1')).toBe('unmapped');
    await pipeline.saveRuleset(FEATURES);
    await pipeline.rulesChanged();
    expect(await stateOf('m1')).toBe('mapped');
    expect(await usageOf(pipeline, { userId: 'u1', featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      sum: '1',
      count: 1,
    });
  });
});

describe('the same messageId', () => {
  test('counts once whether it comes in parallel, in one array, or after it was counted', async () => {
    await pipeline.saveRuleset(FEATURES);
    const event = exported('m1', { featureId: 'exports', delta: 2 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => pipeline.webhook(event)));
    expect(answers.map(({ status }) => status)).toEqual(new Array(100).fill(200));
    await pipeline.webhook([event, event]);
    await pipeline.drainEvents();
    await pipeline.webhook(event);
    await pipeline.drainEvents();
    expect(await usageOf(pipeline, { userId: 'u1', featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      sum: '2',
      count: 1,
    });
  });

  test('keeps the first body, says that it is a duplicate, and notes the difference on the event', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.webhook(exported('m1', { featureId: 'exports', delta: 2 }));
    const same = await pipeline.webhook({
      ...exported('m1', { featureId: 'exports', delta: 2 }),
      sentAt: 'later',
    });
    const other = await pipeline.webhook(exported('m1', { featureId: 'exports', delta: 5 }));
    expect(same.body).toMatchObject({ results: [{ messageId: 'm1', status: 200, duplicate: true }] });
    expect(other.body).toMatchObject({
      results: [
        { messageId: 'm1', status: 200, duplicate: true, message: expect.stringContaining('another body') },
      ],
    });
    await pipeline.drainEvents();
    expect(await usageOf(pipeline, { userId: 'u1', featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      sum: '2',
    });
    const record = (await pipeline.events.records([eventKeyOf('m1')])).get(eventKeyOf('m1'));
    expect(record?.conflictAt).toBe(pipeline.clock.now);
  });

  test('is queued again while it has no outcome, so that a crash between storing and queueing is healed by the retry', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.webhook(exported('m1', { featureId: 'exports' }));
    // The first message is lost, as if ingest had died before sending it.
    for (const record of await pipeline.sqs.receive(pipeline.queues.events)) {
      await pipeline.sqs.remove(pipeline.queues.events, record);
    }
    await pipeline.webhook(exported('m1', { featureId: 'exports' }));
    expect(await pipeline.drainEvents()).toBe(1);
    expect(await stateOf('m1')).toBe('mapped');
    await pipeline.webhook(exported('m1', { featureId: 'exports' }));
    expect(await pipeline.drainEvents()).toBe(0);
  });
});

/** Users who exist: otherwise creating them would already tell a second worker that it is not the first. */
async function knownUsers(...userIds: string[]): Promise<void> {
  await pipeline.webhook(
    userIds.map((userId) => ({ type: 'identify', userId, messageId: `known ${userId}` })),
  );
  await pipeline.drainEvents();
}

describe('a message', () => {
  test('that several workers handle at the same moment counts each of its events once', async () => {
    await pipeline.saveRuleset(FEATURES);
    await knownUsers('u0', 'u1', 'u2');
    await pipeline.webhook(
      Array.from({ length: 60 }, (_, index) =>
        exported(`m${String(index)}`, { featureId: 'exports' }, `u${String(index % 3)}`),
      ),
    );
    const records = await pipeline.sqs.receive(pipeline.queues.events);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => pipeline.process({ Records: records }, context())),
    );
    expect(answers).toEqual(new Array(4).fill({ batchItemFailures: [] }));
    expect(await usageOf(pipeline, { featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      sum: '60',
      count: 60,
    });
    expect(await usageOf(pipeline, { userId: 'u1', featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      count: 20,
    });
  });

  test('whose commit succeeded but whose reply was lost counts once', async () => {
    await pipeline.saveRuleset(FEATURES);
    await knownUsers('u1');
    await pipeline.webhook([
      exported('m1', { featureId: 'exports' }),
      exported('m2', { featureId: 'exports' }),
    ]);
    const { client } = pipeline;
    const send = client.send.bind(client);
    let lost = 0;
    const losing: { send: unknown } = client;
    losing.send = async (command: Parameters<typeof send>[0]) => {
      const answer = await send(command);
      if (command instanceof TransactWriteItemsCommand && lost < 2) {
        lost += 1;
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      }
      return answer;
    };
    await pipeline.drainEvents();
    losing.send = send;
    expect(lost).toBeGreaterThan(0);
    expect(await usageOf(pipeline, { featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      sum: '2',
      count: 2,
    });
    expect(await Promise.all(['m1', 'm2'].map(stateOf))).toEqual(['mapped', 'mapped']);
  });
});

describe('a rule', () => {
  test('maps later events that match it, and leaves the others unmapped with the reason', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.saveRuleset(withRule());
    await pipeline.webhook([
      exported('m1', { plan: 'pro' }),
      exported('m2', { plan: 'free' }),
      exported('m3', {}),
    ]);
    await pipeline.drainEvents();
    expect(await Promise.all(['m1', 'm2', 'm3'].map(stateOf))).toEqual(['mapped', 'unmapped', 'unmapped']);
    const groups = [];
    for await (const shard of pipeline.unmapped.allShards()) groups.push(...shard.counts);
    expect(groups).toEqual([['no_rule', 2]]);
  });

  test('maps the stored events that match it, each once, and no others', async () => {
    await pipeline.saveRuleset(FEATURES);
    for (let batch = 0; batch < 4; batch += 1) {
      await pipeline.webhook(
        Array.from({ length: 100 }, (_, index) =>
          exported(
            `m${String(batch)}-${String(index)}`,
            { plan: index % 2 === 0 ? 'pro' : 'free' },
            `u${String(index % 7)}`,
          ),
        ),
      );
    }
    await pipeline.drainEvents();
    await pipeline.saveRuleset(withRule(), 'rule created');
    await pipeline.rulesChanged();
    await pipeline.rulesChanged();
    await pipeline.tick();
    expect(await usageOf(pipeline, { featureId: 'exports', day: '2026-11-23' })).toMatchObject({
      sum: '200',
      count: 200,
    });
    const [job] = await pipeline.jobs.list(1);
    expect(job).toMatchObject({
      cause: 'rule created',
      status: 'done',
      scanned: 400,
      mapped: 200,
      remaining: 0,
    });
  });

  test('whose trigger was lost is applied by the timer', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.webhook(exported('m1', { plan: 'pro' }));
    await pipeline.drainEvents();
    await pipeline.saveRuleset(withRule());
    await pipeline.tick();
    await pipeline.drainSweeps();
    expect(await stateOf('m1')).toBe('mapped');
  });

  test('is not overtaken by a decision that was made before it: the fence makes that decide again', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.webhook(exported('m1', { plan: 'pro' }));
    // Between the decision and its commit, the rule is saved and its sweep runs from beginning to end.
    const rulesets = pipeline.settling.rulesets;
    const current = rulesets.current.bind(rulesets);
    let raced = false;
    rulesets.current = async () => {
      const ruleset = await current();
      if (!raced) {
        raced = true;
        await pipeline.saveRuleset(withRule());
        await pipeline.rulesChanged();
      }
      return ruleset;
    };
    await pipeline.drainEvents();
    expect(raced).toBe(true);
    expect(await stateOf('m1')).toBe('mapped');
  });

  test('with a pattern is applied by the timer to a name that nobody had seen when it came', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.webhook(exported('m1', { plan: 'pro' }));
    const rulesets = pipeline.settling.rulesets;
    const current = rulesets.current.bind(rulesets);
    let raced = false;
    rulesets.current = async () => {
      const ruleset = await current();
      if (!raced) {
        raced = true;
        await pipeline.saveRuleset(withRule({ event: { operator: 'starts_with', value: 'Report' } }));
        await pipeline.rulesChanged();
      }
      return ruleset;
    };
    await pipeline.drainEvents();
    await pipeline.tick();
    await pipeline.drainSweeps();
    expect(await stateOf('m1')).toBe('mapped');
  });

  test('leaves no row behind that failed for a moment in its sweep: the page is tried again', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.webhook([exported('m1', { plan: 'pro' }), exported('m2', { plan: 'pro' })]);
    await pipeline.drainEvents();
    await pipeline.saveRuleset(withRule());
    const { events } = pipeline.settling;
    const open = events.open.bind(events);
    let failures = 0;
    events.open = (item) => {
      if (item['pk']?.S !== `e#${eventKeyOf('m1')}` || failures > 0) return open(item);
      failures += 1;
      return Promise.reject(Object.assign(new Error('simulated'), { name: 'TimeoutError' }));
    };
    await expect(pipeline.rulesChanged()).rejects.toThrow('TimeoutError');
    expect(failures).toBe(1);
    // Nobody has told the queue that the message is done.
    pipeline.clock.now += 10 * 60_000;
    await pipeline.tick();
    await pipeline.drainSweeps();
    expect(await Promise.all(['m1', 'm2'].map(stateOf))).toEqual(['mapped', 'mapped']);
  });
});

describe('users', () => {
  test('are created by a first track, filled in by identify, and never blanked or overtaken by older news', async () => {
    await pipeline.webhook(exported('m1'));
    await pipeline.drainEvents();
    expect(await pipeline.users.get('u1')).toMatchObject({ userId: 'u1', profile: {} });
    const identify = (messageId: string, timestamp: string, traits: object) => ({
      type: 'identify',
      userId: 'u1',
      messageId,
      timestamp,
      traits,
    });
    await pipeline.webhook([
      identify('i1', '2026-11-23T10:00:00Z', {
        name: 'Ada',
        email: 'ada@example.com',
        billingUserId: 'cus_1',
      }),
      identify('i2', '2026-11-23T11:00:00Z', { name: 'Ada L.', email: null }),
      identify('i3', '2026-11-23T09:00:00Z', { name: 'Old', email: 'old@example.com' }),
    ]);
    await pipeline.drainEvents();
    const user = await pipeline.users.get('u1');
    expect(user?.profile.name?.value).toBe('Ada L.');
    expect(user?.profile.email?.value).toBe('ada@example.com');
    expect(user?.profile.billingId?.value).toBe('cus_1');
    expect(await Promise.all(['i1', 'i2', 'i3'].map(stateOf))).toEqual(['applied', 'applied', 'applied']);
  });

  test('keep ids apart that differ only in a lone surrogate, or are longer than a key may be', async () => {
    await pipeline.saveRuleset(FEATURES);
    const ids = ['a\ud800', 'a\ud801', 'x'.repeat(5_000), `${'x'.repeat(5_000)}y`];
    await pipeline.webhook(
      ids.map((id, index) => exported(`m${id}`, { featureId: 'exports', delta: index + 1 }, id)),
    );
    await pipeline.drainEvents();
    for (const [index, userId] of ids.entries()) {
      expect(await usageOf(pipeline, { userId, featureId: 'exports', day: '2026-11-23' })).toMatchObject({
        sum: String(index + 1),
      });
      expect((await pipeline.users.get(userId))?.userId).toBe(userId);
    }
  });
});

describe('failures', () => {
  // The client is that of all tests here.
  afterEach(() => {
    pipeline.client.middlewareStack.remove('throttle');
  });

  test('an event whose stored body is damaged is quarantined by the last chance and takes no other with it', async () => {
    await pipeline.saveRuleset(FEATURES);
    await pipeline.webhook([
      exported('m1', { featureId: 'exports' }),
      exported('m2', { featureId: 'exports' }),
    ]);
    await pipeline.client.send(
      new UpdateItemCommand({
        TableName: pipeline.tables.events,
        Key: { pk: { S: `e#${eventKeyOf('m1')}` }, sk: { S: 'e' } },
        UpdateExpression: 'SET b = :b',
        ExpressionAttributeValues: { ':b': { B: new Uint8Array([1, 2, 3]) } },
      }),
    );
    const records = await pipeline.sqs.receive(pipeline.queues.events);
    const first = await pipeline.process({ Records: records }, context());
    expect(first.batchItemFailures).toEqual(records.map(({ messageId }) => ({ itemIdentifier: messageId })));
    expect(await Promise.all(['m1', 'm2'].map(stateOf))).toEqual(['received', 'mapped']);
    const last = await pipeline.process(
      { Records: records.map((record) => ({ ...record, eventSourceARN: pipeline.queues.lastChance.arn })) },
      context(),
    );
    expect(last.batchItemFailures).toEqual([]);
    expect(await Promise.all(['m1', 'm2'].map(stateOf))).toEqual(['quarantined', 'mapped']);
  });

  test('an event whose body DynamoDB leaves unread, as when it throttles, is never quarantined for it', async () => {
    await pipeline.saveRuleset(FEATURES);
    const noise = randomBytes(600_000).toString('base64');
    await pipeline.webhook(exported('m1', { featureId: 'exports', noise }));
    let isThrottled = true;
    pipeline.client.middlewareStack.add(
      (next) =>
        ({ input, ...call }) =>
          isThrottled && 'RequestItems' in input && JSON.stringify(input).includes('"b#')
            ? Promise.resolve({
                output: { $metadata: {}, UnprocessedKeys: input.RequestItems },
                response: undefined,
              })
            : next({ input, ...call }),
      { step: 'initialize', name: 'throttle' },
    );
    const last = (await pipeline.sqs.receive(pipeline.queues.events)).map((record) => ({
      ...record,
      eventSourceARN: pipeline.queues.lastChance.arn,
    }));
    const throttled = await pipeline.process({ Records: last }, context());
    expect(throttled.batchItemFailures).toHaveLength(1);
    expect(await stateOf('m1')).toBe('received');
    isThrottled = false;
    expect((await pipeline.process({ Records: last }, context())).batchItemFailures).toEqual([]);
    expect(await stateOf('m1')).toBe('mapped');
  });

  test('when SQS does not take a key, the event is acknowledged all the same and the timer queues it later', async () => {
    await pipeline.saveRuleset(FEATURES);
    const send = pipeline.sqs.client.send.bind(pipeline.sqs.client);
    const client: { send: unknown } = pipeline.sqs.client;
    client.send = () => Promise.reject(new Error('SQS is down'));
    const answer = await pipeline.webhook(exported('m1', { featureId: 'exports' }));
    client.send = send;
    expect(answer.status).toBe(200);
    expect(await pipeline.drainEvents()).toBe(0);
    await pipeline.tick();
    expect(await pipeline.drainEvents()).toBe(1);
    expect(await stateOf('m1')).toBe('mapped');
  });

  test('when neither SQS nor DynamoDB takes the key, the answer is 503 with Retry-After', async () => {
    const client: { send: unknown } = pipeline.client;
    const send = pipeline.client.send.bind(pipeline.client);
    await pipeline.webhook(exported('m0'));
    client.send = () => Promise.reject(new Error('DynamoDB is down'));
    const answer = await pipeline.webhook(exported('m1'));
    client.send = send;
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.body).toMatchObject({ success: false, code: 'unavailable' });
  });

  test('a message that is not one of ours fails until its last chance, and then ends', async () => {
    await pipeline.webhook(exported('m1'));
    const [record] = await pipeline.sqs.receive(pipeline.queues.events);
    if (record === undefined) throw new Error('no message');
    const foreign = { ...record, body: 'hello' };
    expect((await pipeline.process({ Records: [foreign] }, context())).batchItemFailures).toHaveLength(1);
    const last = { ...foreign, eventSourceARN: pipeline.queues.lastChance.arn };
    expect((await pipeline.process({ Records: [last] }, context())).batchItemFailures).toHaveLength(0);
  });
});
