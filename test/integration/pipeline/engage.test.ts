import { COUNT_SHARDS } from '../../../adapters/user-count-item.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { AUDIENCES_MAX, isMember } from '../../../core/engage.ts';
import { EMPTY_SNAPSHOT } from '../../../core/ruleset.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { settleEvents } from '../../../adapters/settle-events.ts';
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
});

const membership = (messageId: string, userId: string, audience: string, member: boolean, at: string) => ({
  type: 'identify',
  messageId,
  userId,
  timestamp: at,
  traits: { [audience]: member },
  context: { personas: { computation_class: 'audience', computation_key: audience } },
});

const members = async (audience: string): Promise<readonly string[]> =>
  (await pipeline.users.inAudience(audience, 100)).rows.map(({ userId }) => userId);

async function audiencesOf(userId: string): Promise<Record<string, boolean>> {
  const user = await pipeline.users.get(userId);
  const engage = user && (await pipeline.users.engageOf([user])).get(user.key);
  return Object.fromEntries(
    [...(engage?.audiences ?? [])].map(([name, audience]) => [name, isMember(audience)]),
  );
}

const noteOf = async (messageId: string): Promise<string | undefined> =>
  (await pipeline.events.records([eventKeyOf(messageId)])).get(eventKeyOf(messageId))?.outcome;

describe('an audience', () => {
  test('lists who is in it, and no longer who has left, however late an older word arrives', async () => {
    await pipeline.webhook([
      membership('m1', 'ada', 'vip', true, '2026-11-01T00:00:00Z'),
      membership('m2', 'ben', 'vip', true, '2026-11-01T00:00:00Z'),
      membership('m3', 'Zoë', 'vip', true, '2026-11-01T00:00:00Z'),
    ]);
    await pipeline.drainEvents();
    expect(await members('vip')).toEqual(['ada', 'ben', 'Zoë']);
    await pipeline.webhook(membership('m4', 'ben', 'vip', false, '2026-11-03T00:00:00Z'));
    await pipeline.drainEvents();
    await pipeline.webhook(membership('m5', 'ben', 'vip', true, '2026-11-02T00:00:00Z'));
    await pipeline.drainEvents();
    expect(await members('vip')).toEqual(['ada', 'Zoë']);
    expect(await audiencesOf('ben')).toEqual({ vip: false });
    expect(await members('VIP')).toEqual([]);
  });

  test('is left and entered within one batch, and by many workers at once, without a word lost', async () => {
    const words = Array.from({ length: 40 }, (_, index) =>
      membership(`m${String(index)}`, 'ada', `a${String(index % 10)}`, index < 35, '2026-11-01T00:00:00Z'),
    ).map((event, index) => ({ ...event, timestamp: `2026-11-01T00:00:${String(index + 10)}Z` }));
    await pipeline.webhook(words);
    const keys = words.map(({ messageId }) => eventKeyOf(messageId));
    const parts = Array.from({ length: 8 }, (_, part) => keys.filter((_, index) => index % 8 === part));
    await Promise.all(
      parts.map((part) => settleEvents(pipeline.settling, part, { from: 'received', deadline: Infinity })),
    );
    const expected = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`a${String(index)}`, index < 5]),
    );
    expect(await audiencesOf('ada')).toEqual(expected);
    for (const [name, member] of Object.entries(expected))
      expect([name, await members(name)]).toEqual([name, member ? ['ada'] : []]);
  });

  test('that a user has no room for is left out, and its event says so', async () => {
    const words = Array.from({ length: AUDIENCES_MAX + 1 }, (_, index) =>
      membership(`m${String(index)}`, 'ada', `a${String(index)}`, true, '2026-11-01T00:00:00Z'),
    );
    await pipeline.webhook(words.slice(0, AUDIENCES_MAX));
    await pipeline.drainEvents();
    const last = `m${String(AUDIENCES_MAX)}`;
    await pipeline.webhook(words.slice(AUDIENCES_MAX));
    await pipeline.drainEvents();
    expect(await noteOf(last)).toContain('"notes":["engage_audiences_full"]');
    expect(await members(`a${String(AUDIENCES_MAX)}`)).toEqual([]);
    expect(Object.keys(await audiencesOf('ada'))).toHaveLength(AUDIENCES_MAX);
  });
});

test('a track of Engage updates the membership, and counts when a rule says so, now or later', async () => {
  const entered = {
    type: 'track',
    event: 'Audience Entered',
    messageId: 'm1',
    userId: 'ada',
    timestamp: '2026-11-23T10:00:00Z',
    properties: { audience_key: 'vip', vip: true },
  };
  await pipeline.webhook(entered);
  await pipeline.drainEvents();
  expect(await members('vip')).toEqual(['ada']);
  await pipeline.webhook(membership('m2', 'ada', 'vip', false, '2026-11-23T11:00:00Z'));
  await pipeline.drainEvents();
  await pipeline.saveRuleset({
    ...EMPTY_SNAPSHOT,
    generation: 1,
    features: [{ id: 'entries', archived: false, generation: 1 }],
    rules: [
      {
        id: 'r1',
        version: 1,
        featureId: 'entries',
        event: { operator: 'equals', value: 'Audience Entered' },
        conditions: [],
        createdAt: 1,
        generation: 1,
      },
    ],
  });
  await pipeline.rulesChanged();
  await pipeline.webhook({ ...entered, messageId: 'm3', timestamp: '2026-11-23T12:00:00Z' });
  await pipeline.drainEvents();
  const usage = await usageOf(pipeline, { userId: 'ada', featureId: 'entries', day: '2026-11-23' });
  expect(usage.count).toBe(2);
  expect(await members('vip')).toEqual(['ada']);
});

test('the first sync of an audience costs a fixed number of items and few calls a member', async () => {
  const MEMBERS = 600;
  const calls = new Map<string, number>();
  pipeline.client.middlewareStack.add(
    (next, context) => (args) => {
      const name = String(context.commandName);
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return next(args);
    },
    { step: 'initialize', name: 'count' },
  );
  try {
    const sync = (audience: string) =>
      Array.from({ length: MEMBERS }, (_, index) =>
        membership(
          `${audience}-${String(index)}`,
          `user-${String(index)}`,
          audience,
          true,
          '2026-11-01T00:00:00Z',
        ),
      );
    await pipeline.webhook(sync('first'));
    await pipeline.drainEvents();
    // Its event, itself, its lines in the directory and among those without a billing id, what Engage said, its line in the
    // audience; and the counts of users.
    const items = async (): Promise<number> => (await countOf('events')) + (await countOf('users'));
    expect(await items()).toBe(6 * MEMBERS + COUNT_SHARDS);
    const forNew = calls.get('TransactWriteItemsCommand') ?? 0;
    // A transaction of 100 items holds 16 of them.
    expect(forNew).toBeLessThanOrEqual(MEMBERS / 16 + 6 + MEMBERS / 100);
    calls.clear();
    await pipeline.webhook(sync('second'));
    await pipeline.drainEvents();
    expect(await items()).toBe(8 * MEMBERS + COUNT_SHARDS);
    expect(calls.get('TransactWriteItemsCommand')).toBeLessThanOrEqual(MEMBERS / 33 + 6 + MEMBERS / 100);
    // Events, users, what Engage said: each 100 keys a call, per batch of the queue.
    expect(calls.get('BatchGetItemCommand')).toBeLessThanOrEqual(3 * (MEMBERS / 100 + 6));
  } finally {
    pipeline.client.middlewareStack.remove('count');
  }
});

test('events that are not of Engage read and write nothing for it', async () => {
  const read: string[] = [];
  pipeline.client.middlewareStack.add(
    (next) => (args) => {
      read.push(JSON.stringify(args.input));
      return next(args);
    },
    { step: 'initialize', name: 'watch' },
  );
  try {
    await pipeline.webhook({ type: 'track', event: 'E', messageId: 'm1', userId: 'ada', properties: {} });
    await pipeline.webhook({ type: 'identify', messageId: 'm2', userId: 'ada', traits: { name: 'Ada' } });
    await pipeline.drainEvents();
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter((input) => input.includes('"engage"'))).toEqual([]);
  } finally {
    pipeline.client.middlewareStack.remove('watch');
  }
});

async function countOf(table: 'events' | 'users'): Promise<number> {
  let count = 0;
  let from: Record<string, { S: string }> | undefined;
  do {
    const answer = await pipeline.client.send(
      new ScanCommand({
        TableName: pipeline.tables[table],
        Select: 'COUNT',
        ConsistentRead: true,
        ExclusiveStartKey: from,
      }),
    );
    count += answer.Count ?? 0;
    const last = answer.LastEvaluatedKey;
    from = last && { pk: { S: last['pk']?.S ?? '' }, sk: { S: last['sk']?.S ?? '' } };
  } while (from !== undefined);
  return count;
}
