import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventKeyOf, keyPartOf } from '../../../adapters/keys.ts';
import { MergeStore, type MergeAnswer } from '../../../adapters/merge-store.ts';
import { settleEvents } from '../../../adapters/settle-events.ts';
import { UsageStore } from '../../../adapters/usage-store.ts';
import { sumDecimals } from '../../../core/decimal.ts';
import { toNewEvent, type EventPayload } from '../../support/admin.ts';
import { importUser } from '../../support/imported-user.ts';
import { createPipeline, startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';

let engines: Engines;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(() => engines.stop());
beforeEach(async () => {
  pipeline = await createPipeline(engines);
});

const AT = Date.parse('2026-11-23T12:00:00Z');

async function store(payloads: readonly EventPayload[]): Promise<string[]> {
  await Promise.all(payloads.map((payload) => pipeline.events.put(toNewEvent(payload, AT))));
  return payloads.map(({ messageId }) => eventKeyOf(messageId));
}

const settle = (keys: readonly string[]) =>
  settleEvents(pipeline.settling, keys, { from: 'received', deadline: Infinity });

const identify = (index: number, userId: string, traits: Readonly<Record<string, string>>): EventPayload => ({
  type: 'identify',
  messageId: `i-${String(index)}`,
  userId,
  traits,
  timestamp: new Date(AT - index * 1_000).toISOString(),
});

/** Each by a worker of its own, until none fails: as the queue delivers them again. */
async function settleAtOnce(keys: readonly string[]): Promise<void> {
  let left = keys;
  while (left.length > 0) {
    const settled = await Promise.all(left.map((key) => settle([key])));
    left = settled.flatMap(({ failed }) => failed.map(({ key }) => key));
  }
}

test('fifty simultaneous first identifies of one user make one user, with the latest word of each', async () => {
  await importUser(pipeline.client, pipeline.tables.users, { source: 'stripe:cus_1', email: 'ada@x.test' });
  const keys = await store(
    Array.from({ length: 50 }, (_, index) =>
      identify(index, 'ada', {
        name: `Name ${String(index)}`,
        ...(index % 2 === 1 && { email: 'Ada@x.test' }),
      }),
    ),
  );
  await settleAtOnce(keys);
  const root = await pipeline.users.get('ada');
  expect(root?.profile).toMatchObject({ name: { value: 'Name 0' }, email: { value: 'Ada@x.test' } });
  expect(root?.members).toHaveLength(1);
});

test('of thirty users who claim one imported user at once, one gets it, and all others are flagged with it', async () => {
  await importUser(pipeline.client, pipeline.tables.users, { source: 'stripe:cus_1', email: 'x@x.test' });
  const ids = Array.from({ length: 30 }, (_, index) => `user-${String(index)}`);
  const keys = await store(ids.map((userId, index) => identify(index, userId, { email: 'x@x.test' })));
  await settleAtOnce(keys);
  const users = [...(await pipeline.users.getMany(ids)).values()];
  expect(users.map(({ members }) => members.length).toSorted((a, b) => a - b)).toEqual([
    ...Array.from({ length: 29 }, () => 0),
    1,
  ]);
  const { emails } = await pipeline.users.groupsAndClaims(['x@x.test'], []);
  expect(emails.get('x@x.test')).toMatchObject({ imported: [], dismissed: false });
  expect(emails.get('x@x.test')?.users).toHaveLength(30);
});

test('a user of 500 ids with 1,000 rows of usage merges in one transaction of at most ten items', async () => {
  await pipeline.saveRuleset({
    generation: 1,
    features: [{ id: 'f', archived: false, generation: 1 }],
    rules: [],
    settings: { chargebee: false },
  });
  const ids = Array.from({ length: 501 }, (_, index) => `id-${String(index)}`);
  const payloads = ids.flatMap((userId, index) =>
    [0, 1].map((day) => ({
      messageId: `${userId}-${String(day)}`,
      userId,
      timestamp: new Date(AT - day * 86_400_000).toISOString(),
      properties: { featureId: 'f', delta: index + day },
    })),
  );
  const { failed } = await settle(await store(payloads));
  expect(failed).toEqual([]);
  await settle(
    await store([
      identify(1, 'big', { email: 'one@x.test' }),
      identify(2, 'id-0', { email: 'two@x.test' }),
      identify(3, 'other', { email: 'two@x.test' }),
      identify(4, 'another', { email: 'one@x.test' }),
    ]),
  );
  const merges = new MergeStore(pipeline.client, pipeline.tables.users, pipeline.users);
  const merge = (survivorId: string, absorbedId: string) =>
    merges.merge({ survivorId, absorbedId, actor: 'test', suffix: absorbedId, at: AT, dryRun: false });
  for (const id of ids.slice(1)) await merge('id-0', id);

  let merged: MergeAnswer | undefined;
  const sizes: number[] = [];
  pipeline.client.middlewareStack.add(
    (next) => (args) => {
      const input: unknown = args.input;
      if (
        typeof input === 'object' &&
        input !== null &&
        'TransactItems' in input &&
        Array.isArray(input.TransactItems)
      )
        sizes.push(input.TransactItems.length);
      return next(args);
    },
    { step: 'initialize', name: 'sizes' },
  );
  try {
    merged = await merge('big', 'id-0');
  } finally {
    pipeline.client.middlewareStack.remove('sizes');
  }
  if (merged.kind !== 'merged') throw new Error('They were not merged.');
  expect(sizes).toHaveLength(1);
  expect(sizes[0]).toBeLessThanOrEqual(10);

  const sums: string[] = [];
  const keys = await pipeline.users.keysOf('id-77');
  expect(keys).toHaveLength(502);
  expect(keys[0]).toBe(keyPartOf('big'));
  await new UsageStore(pipeline.client, pipeline.tables.usage).ofKeys(
    keys,
    { from: '2026-11-01', to: '2026-11-30' },
    ({ row }) => sums.push(row.sum) > 0,
  );
  expect(sums).toHaveLength(1_002);
  const each = ids.map((_, index) => String(2 * index + 1));
  expect(sumDecimals(sums)).toBe(sumDecimals(each));

  const undone = await merges.undo(merged.record.id, { at: AT, actor: 'test' });
  expect(undone.kind).toBe('undone');
  expect(await pipeline.users.keysOf('big')).toEqual([keyPartOf('big')]);
  expect(await pipeline.users.keysOf('id-77')).toHaveLength(501);
});

test('the identify of an email that is no email is taken without it, and says so', async () => {
  const [key = ''] = await store([
    identify(1, 'ada', { email: `${'x'.repeat(10_240)}@x.test`, name: 'Ada' }),
  ]);
  await settle([key]);
  const [record] = (await pipeline.events.records([key])).values();
  expect(record?.state).toBe('applied');
  expect(record?.outcome).toContain('email_too_long');
  expect((await pipeline.users.get('ada'))?.profile).toMatchObject({ name: { value: 'Ada' } });
  expect((await pipeline.users.get('ada'))?.profile.email).toBeUndefined();
});
