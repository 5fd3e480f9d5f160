import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { eraseEvents } from '../../../adapters/erase-events.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { erasureIdOf } from '../../../adapters/erasure-store.ts';
import { MergeStore } from '../../../adapters/merge-store.ts';
import { settleEvents } from '../../../adapters/settle-events.ts';
import { EMPTY_SNAPSHOT, type RulesetSnapshot } from '../../../core/ruleset.ts';
import { eraseUser } from '../../../functions/reprocess/erase-user.ts';
import { createPipeline, startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';
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
  await pipeline.saveRuleset(RULES);
});

const RULES = {
  ...EMPTY_SNAPSHOT,
  generation: 1,
  features: [{ id: 'exports', archived: false, generation: 1 }],
} satisfies RulesetSnapshot;
const DAY = '2026-11-23';

const used = (messageId: string, userId: string, delta = 1, time = '10:00:00') => ({
  type: 'track',
  event: 'Report Exported',
  messageId,
  userId,
  timestamp: `${DAY}T${time}Z`,
  properties: { featureId: 'exports', delta },
});
const waiting = (messageId: string, userId: string, event = 'Nobody Maps This') => ({
  type: 'track',
  event,
  messageId,
  userId,
  timestamp: `${DAY}T10:00:00Z`,
});
const named = (messageId: string, userId: string, traits: object, time = '10:00:00') => ({
  type: 'identify',
  messageId,
  userId,
  timestamp: `${DAY}T${time}Z`,
  traits,
});
const deletion = (userId: string, time = '12:00:00') => ({
  type: 'delete',
  userId,
  timestamp: `${DAY}T${time}Z`,
});

/** Whatever the background does, until the last pass is over. */
async function finishErasures(): Promise<void> {
  await pipeline.tick();
  await pipeline.drainSweeps();
  pipeline.clock.now += 11 * 60_000;
  await pipeline.tick();
  await pipeline.drainSweeps();
}

const userDay = (userId: string) => usageOf(pipeline, { userId, featureId: 'exports', day: DAY });
const featureDay = () => usageOf(pipeline, { featureId: 'exports', day: DAY });

async function stateOf(messageId: string): Promise<string | undefined> {
  return (await pipeline.events.get(eventKeyOf(messageId)))?.['st']?.S;
}

/** Everything that is stored, as text, table by table. */
async function everything(): Promise<string> {
  const tables = Object.values<string>({ ...pipeline.tables });
  const items = await Promise.all(
    tables.map(async (table) => {
      const answer = await pipeline.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
      if (answer.LastEvaluatedKey !== undefined) throw new Error('A table is larger than one page.');
      return answer.Items ?? [];
    }),
  );
  return JSON.stringify(items);
}

describe('a delete', () => {
  test('of a known, an unknown and an already deleted user is 200 on both dialects', async () => {
    await pipeline.webhook(used('m1', 'ada-lovelace'));
    await pipeline.drainEvents();
    for (const userId of ['ada-lovelace', 'ada-lovelace', 'nobody']) {
      const answer = await pipeline.webhook(deletion(userId));
      expect(answer).toMatchObject({
        status: 200,
        body: { results: [{ status: 200, type: 'delete', effect: 'erasure' }] },
      });
    }
    const batch = { batch: [deletion('ada-lovelace'), used('m2', 'ben')] };
    expect(await pipeline.send({ path: '/v1/batch', body: JSON.stringify(batch) })).toMatchObject({
      status: 200,
      body: { success: true },
    });
    await finishErasures();
    expect(await pipeline.webhook(deletion('ada-lovelace'))).toMatchObject({ status: 200 });
    await finishErasures();
    expect(await pipeline.users.get('ada-lovelace')).toBeUndefined();
    expect(await stateOf('m1')).toBe('erased');
  });

  test('without a userId is refused by name', async () => {
    expect(await pipeline.webhook({ type: 'delete', anonymousId: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'missing_user_id' },
    });
  });

  test('erases users, usage and bodies, and leaves the totals of features and everybody else', async () => {
    await pipeline.webhook([
      named('m0', 'ada-lovelace', { name: 'Ada', email: 'ada@example.com', billingUserId: 'cus_1' }),
      used('m1', 'ada-lovelace', 2),
      used('m2', 'ada-lovelace', 3, '11:00:00'),
      used('m3', 'ben', 5),
      waiting('m4', 'ada-lovelace'),
      waiting('m5', 'ben'),
      waiting('m6', 'ada-lovelace', 'Only Ada Does This'),
    ]);
    await pipeline.drainEvents();
    await pipeline.webhook(deletion('ada-lovelace'));
    await finishErasures();
    expect(await featureDay()).toMatchObject({ sum: '10', count: 3 });
    expect(await userDay('ben')).toMatchObject({ sum: '5', count: 1 });
    expect(await userDay('ada-lovelace')).toMatchObject({ sum: '0', count: 0 });
    const groups = [];
    for await (const shard of pipeline.unmapped.allShards()) groups.push([shard.group.name, shard.count]);
    expect(groups).toEqual([['Nobody Maps This', 1]]);
    expect(await pipeline.users.get('ada-lovelace')).toBeUndefined();
    const erasure = await pipeline.erasing.erasures.get(
      erasureIdOf('ada-lovelace', Date.parse(`${DAY}T12:00:00Z`)),
    );
    expect(erasure).toMatchObject({ erased: { events: 5, usageRows: 1, links: 0, merges: 0 } });
    expect(erasure?.userId).toBeUndefined();
    expect(await everything()).not.toMatch(/ada-lovelace|Ada|cus_1/);
  });

  test('keeps the messageId known for ever', async () => {
    await pipeline.webhook(used('m1', 'ada-lovelace', 2));
    await pipeline.drainEvents();
    await pipeline.webhook(deletion('ada-lovelace'));
    await finishErasures();
    const again = await pipeline.webhook(used('m1', 'ada-lovelace', 2));
    expect(again.body).toMatchObject({ results: [{ status: 200, duplicate: true }] });
    await pipeline.drainEvents();
    expect(await stateOf('m1')).toBe('erased');
    expect(await featureDay()).toMatchObject({ sum: '2', count: 1 });
  });
});

describe('after a delete', () => {
  test('older events are accepted and dropped, newer ones start a new user', async () => {
    await pipeline.webhook(used('m1', 'ada-lovelace', 2));
    await pipeline.drainEvents();
    await pipeline.webhook(deletion('ada-lovelace', '11:30:00'));
    await finishErasures();
    expect(await pipeline.webhook(used('late', 'ada-lovelace', 7, '11:00:00'))).toMatchObject({
      status: 200,
    });
    await pipeline.webhook(named('late name', 'ada-lovelace', { name: 'Old Ada' }, '11:00:00'));
    await pipeline.webhook(named('new name', 'ada-lovelace', { name: 'New Ada' }, '12:00:00'));
    await pipeline.webhook(used('new', 'ada-lovelace', 4, '12:00:00'));
    await pipeline.drainEvents();
    expect(await stateOf('late')).toBe('erased');
    expect(await stateOf('late name')).toBe('erased');
    expect(await stateOf('new')).toBe('mapped');
    expect(await userDay('ada-lovelace')).toMatchObject({ sum: '4', count: 1 });
    expect(await featureDay()).toMatchObject({ sum: '6', count: 2 });
    expect((await pipeline.users.get('ada-lovelace'))?.profile.name?.value).toBe('New Ada');
    expect(await everything()).not.toContain('Old Ada');
  });

  test('that arrives late, what happened and arrived after it stays, as a new user', async () => {
    await pipeline.webhook([
      named('m1', 'ada-lovelace', { name: 'Old Ada', email: 'old@example.com' }, '09:00:00'),
      used('m2', 'ada-lovelace', 2, '09:00:00'),
    ]);
    pipeline.clock.now = Date.parse(`${DAY}T13:00:00Z`);
    await pipeline.webhook([
      named('m3', 'ada-lovelace', { name: 'New Ada' }, '13:00:00'),
      used('m4', 'ada-lovelace', 5, '13:00:00'),
    ]);
    await pipeline.drainEvents();
    pipeline.clock.now = Date.parse(`${DAY}T15:00:00Z`);
    await pipeline.webhook(deletion('ada-lovelace', '12:30:00'));
    await finishErasures();
    expect(await userDay('ada-lovelace')).toMatchObject({ sum: '5', count: 1 });
    expect(await featureDay()).toMatchObject({ sum: '7', count: 2 });
    const user = await pipeline.users.get('ada-lovelace');
    expect(user?.profile).toMatchObject({ name: { value: 'New Ada' } });
    expect(user?.profile.email).toBeUndefined();
    expect(await everything()).not.toMatch(/Old Ada|old@example/);
  });

  test('an event whose clock is ahead is erased all the same when it arrived before', async () => {
    await pipeline.webhook(used('m1', 'ada-lovelace', 2, '20:00:00'));
    await pipeline.drainEvents();
    pipeline.clock.now += 60_000;
    await pipeline.webhook(deletion('ada-lovelace', '12:00:30'));
    await finishErasures();
    expect(await stateOf('m1')).toBe('erased');
    expect(await userDay('ada-lovelace')).toMatchObject({ sum: '0', count: 0 });
  });
});

test('events that were not processed yet, or are quarantined, are erased too, with bodies in parts', async () => {
  const noise = Array.from({ length: 60_000 }, (_, index) => Math.imul(index, 2654435761) >>> 0).join('');
  await pipeline.webhook({ ...used('large', 'ada-lovelace'), properties: { featureId: 'exports', noise } });
  await pipeline.webhook(used('open', 'ada-lovelace'));
  expect(await everything()).toContain('"b#');
  await pipeline.webhook(deletion('ada-lovelace'));
  await finishErasures();
  expect(await stateOf('large')).toBe('erased');
  expect(await stateOf('open')).toBe('erased');
  expect(await everything()).not.toContain('"b#');
  await pipeline.drainEvents();
  expect(await featureDay()).toMatchObject({ sum: '0', count: 0 });
  expect(await pipeline.users.get('ada-lovelace')).toBeUndefined();
});

describe('of a merged user, everything that a sender can set', () => {
  const CANARY = 'canary-7f3a';
  const engage = (messageId: string, userId: string, value: unknown, kind: string) => ({
    type: 'identify',
    messageId,
    userId,
    timestamp: `${DAY}T10:00:00Z`,
    traits: { [`${CANARY}-${kind}`]: value },
    context: { personas: { computation_class: kind, computation_key: `${CANARY}-${kind}` } },
  });

  test('is gone from every table and queue, whichever of its ids is named; undone merges too', async () => {
    const ids = ['a', 'b', 'c', 'd'].map((name) => `${CANARY}-${name}`);
    const [a = '', b = '', c = '', d = ''] = ids;
    await pipeline.webhook([
      ...ids.flatMap((userId, index) => [
        {
          ...named(`${CANARY} ${userId} n`, userId, {
            name: CANARY,
            email: `${CANARY}-${String(index)}@example.com`,
            billingUserId: `cus_${CANARY}-${String(index)}`,
            other: CANARY,
          }),
          context: { page: { url: CANARY }, ip: CANARY },
          anonymousId: CANARY,
        },
        engage(`${CANARY} ${userId} e`, userId, true, 'audience'),
        engage(`${CANARY} ${userId} t`, userId, CANARY, 'trait'),
        used(`${CANARY} ${userId} u`, userId, 2),
        { ...waiting(`${CANARY} ${userId} w`, userId, `${CANARY} event`), properties: { x: CANARY } },
      ]),
      named('other', 'somebody-else', { name: 'Other', email: 'other@example.com' }),
    ]);
    await pipeline.drainEvents();
    const merges = new MergeStore(pipeline.client, pipeline.tables.users, pipeline.users);
    const merge = async (survivorId: string, absorbedId: string, suffix: string): Promise<string> => {
      const at = pipeline.clock.now;
      const wish = { survivorId, absorbedId, suffix, at, actor: CANARY, dryRun: false };
      const answer = await merges.merge(wish);
      return answer.kind === 'merged' ? answer.record.id : answer.kind;
    };
    const undone = await merge('somebody-else', d, 's0');
    expect(await merges.undo(undone, { at: pipeline.clock.now, actor: CANARY })).toMatchObject({
      kind: 'undone',
    });
    await merge(b, a, 's1');
    await merge(c, b, 's2');
    await merge(c, d, 's3');
    expect((await pipeline.users.get(a))?.userId).toBe(c);
    await pipeline.webhook(deletion(a));
    await finishErasures();
    const boundary = Date.parse(`${DAY}T12:00:00Z`);
    expect(await pipeline.erasing.erasures.get(erasureIdOf(a, boundary))).toMatchObject({
      finishedAt: expect.any(Number),
      erased: { events: 20, usageRows: 4, links: 3, merges: 4 },
    });
    expect(await featureDay()).toMatchObject({ sum: '8', count: 4 });
    expect(await everything()).not.toContain(CANARY);
    expect((await pipeline.users.get('somebody-else'))?.profile.name?.value).toBe('Other');
    const { sqs, queues } = pipeline;
    for (const queue of Object.values(queues))
      expect(JSON.stringify(await sqs.receive(queue))).not.toContain(CANARY);
  });
});

describe('an erasure', () => {
  test('that stops anywhere goes on from there, and erases and counts nothing twice', async () => {
    const events = Array.from({ length: 230 }, (_, index) => used(`m${String(index)}`, 'ada-lovelace', 1));
    await pipeline.webhook([...events, used('other', 'ben', 5)]);
    await pipeline.drainEvents();
    await pipeline.webhook(deletion('ada-lovelace'));
    const id = erasureIdOf('ada-lovelace', Date.parse(`${DAY}T12:00:00Z`));
    const { clock, erasing } = pipeline;
    let calls = 0;
    let stopAt = 1;
    pipeline.client.middlewareStack.add(
      (next) => (args) => {
        calls += 1;
        // Not an error of the network, which would be waited for.
        if (calls >= stopAt) throw new Error('stopped');
        return next(args);
      },
      { step: 'initialize', name: 'stop' },
    );
    try {
      // One more call each time; what was done before the stop stays done.
      for (let done = false; !done; stopAt += 1) {
        calls = 0;
        clock.now += 11 * 60_000;
        done = await eraseUser({ ...erasing, now: () => clock.now }, id, Infinity).then(
          (result) => result === 'finished',
          () => false,
        );
      }
    } finally {
      pipeline.client.middlewareStack.remove('stop');
    }
    expect(await featureDay()).toMatchObject({ sum: '235', count: 231 });
    expect(await userDay('ada-lovelace')).toMatchObject({ sum: '0', count: 0 });
    expect(await userDay('ben')).toMatchObject({ sum: '5', count: 1 });
    expect(await everything()).not.toContain('ada-lovelace');
  });

  test('whose slow worker is overtaken looks at everything in its last pass all the same', async () => {
    const events = Array.from({ length: 230 }, (_, index) => used(`m${String(index)}`, 'ada-lovelace', 1));
    await pipeline.webhook(events);
    await pipeline.webhook(deletion('ada-lovelace'));
    const id = erasureIdOf('ada-lovelace', Date.parse(`${DAY}T12:00:00Z`));
    const { clock, erasing } = pipeline;
    const { erasures } = erasing;
    const work = () => eraseUser({ ...erasing, now: () => clock.now }, id, Infinity);
    const advance = erasures.advance.bind(erasures);
    // Between its first page and the note of it, another worker ends the pass. Then it says how far it is, and dies.
    erasures.advance = async (...progress) => {
      erasures.advance = advance;
      expect(await work()).toBe('waiting');
      await advance(...progress);
      throw new Error('stopped');
    };
    await expect(work()).rejects.toThrow('stopped');
    // Older than all that the slow worker had seen, and nobody processes it: its request was never acknowledged.
    await pipeline.webhook(used('late', 'ada-lovelace', 1, '09:00:00'));
    clock.now += 11 * 60_000;
    await pipeline.tick();
    await pipeline.drainSweeps();
    expect((await erasures.get(id))?.finishedAt).toBeDefined();
    expect(await stateOf('late')).toBe('erased');
    expect(await everything()).not.toContain('ada-lovelace');
  });

  test('beside decisions that were made before it leaves nothing of them after its last pass', async () => {
    await pipeline.webhook(used('known', 'ada-lovelace', 1));
    await pipeline.drainEvents();
    const events = [
      // Of somebody new: this decision makes a user.
      used('eve-polastri', 'eve-polastri', 1),
      named('m0', 'ada-lovelace', { name: 'Ada', email: 'ada@example.com' }),
      ...Array.from({ length: 40 }, (_, index) => used(`m${String(index + 1)}`, 'ada-lovelace', 1)),
      ...Array.from({ length: 40 }, (_, index) => waiting(`w${String(index)}`, 'ada-lovelace')),
    ];
    await pipeline.webhook(events);
    await pipeline.webhook([deletion('ada-lovelace'), deletion('eve-polastri')]);
    // The decisions are made; their transactions wait until the erasure has been through everything once.
    const { client, settling } = pipeline;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let held = 0;
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const isDecision = JSON.stringify(args.input).includes('decidedAt');
        if (context.commandName === 'TransactWriteItemsCommand' && isDecision) {
          held += 1;
          await released;
        }
        return await next(args);
      },
      { step: 'initialize', name: 'hold' },
    );
    try {
      const keys = events.map(({ messageId }) => eventKeyOf(messageId));
      const settled = Promise.all(
        [keys.slice(0, 1), keys.slice(1)].map((some) =>
          settleEvents(settling, some, { from: 'received', deadline: Infinity }),
        ),
      );
      while (held < 2) await new Promise((resolve) => setImmediate(resolve));
      // The first pass finds nothing but waiting decisions: hide the events from it, as a slow index would.
      const { traces } = pipeline.erasing;
      const index = traces.events.bind(traces);
      traces.events = () => Promise.resolve({ keys: [] });
      await pipeline.tick();
      await pipeline.drainSweeps();
      traces.events = index;
      release();
      await settled;
    } finally {
      client.middlewareStack.remove('hold');
    }
    expect([await stateOf('m1'), await stateOf('w1'), await stateOf('eve-polastri')]).toEqual([
      'mapped',
      'unmapped',
      'mapped',
    ]);
    expect(await pipeline.users.get('eve-polastri')).toBeDefined();
    pipeline.clock.now += 11 * 60_000;
    await pipeline.tick();
    await pipeline.drainSweeps();
    expect(await featureDay()).toMatchObject({ sum: '42', count: 42 });
    expect(await userDay('ada-lovelace')).toMatchObject({ sum: '0', count: 0 });
    expect(await pipeline.users.get('ada-lovelace')).toBeUndefined();
    expect(await pipeline.users.get('eve-polastri')).toBeUndefined();
    // A user has gone in the last pass, so there is one more look.
    pipeline.clock.now += 5 * 60_000;
    await finishErasures();
    expect(await everything()).not.toMatch(/ada-lovelace|Ada|eve-polastri/);
  });

  test('of an event that has changed since it was read changes nothing, and says so', async () => {
    await pipeline.webhook([used('m1', 'ada-lovelace', 3), used('m2', 'ada-lovelace', 4)]);
    const keys = ['m1', 'm2'].map(eventKeyOf);
    const itemsNow = async () => [...(await pipeline.events.items(keys)).values()];
    const received = await itemsNow();
    await pipeline.drainEvents();
    // Counted in between: erased as it was read, it would leave its usage behind.
    const late = await eraseEvents(pipeline.settling, received, Infinity);
    expect({ ...late, stale: late.stale.toSorted() }).toEqual({
      erased: [],
      stale: keys.toSorted(),
      failed: [],
    });
    expect(await userDay('ada-lovelace')).toMatchObject({ sum: '7', count: 2 });
    // Erased in between, by another worker or by a try whose answer was lost: its usage would be taken back twice.
    const mapped = await itemsNow();
    expect((await eraseEvents(pipeline.settling, mapped, Infinity)).erased).toHaveLength(2);
    expect((await eraseEvents(pipeline.settling, mapped, Infinity)).erased).toEqual([]);
    expect(await userDay('ada-lovelace')).toMatchObject({ sum: '0', count: 0 });
    expect(await featureDay()).toMatchObject({ sum: '7', count: 2 });
  });

  test('in a burst of 300 is not lost when nothing but the timer sees it', async () => {
    const users = Array.from({ length: 300 }, (_, index) => `user-${String(index)}`);
    await pipeline.webhook(users.map((userId) => used(`m ${userId}`, userId)));
    await pipeline.drainEvents();
    const answer = await pipeline.webhook(users.map((userId) => deletion(userId)));
    expect(answer.status).toBe(200);
    await finishErasures();
    expect(await featureDay()).toMatchObject({ sum: '300', count: 300 });
    expect(await everything()).not.toContain('user-');
  });
});
