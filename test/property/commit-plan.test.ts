import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packChunks, planChunk } from '../../adapters/commit-plan.ts';
import type { DecidedEvent } from '../../adapters/decided-event.ts';
import { TRANSACTION_ITEMS_MAX } from '../../adapters/planned-item.ts';
import type { EventRecord } from '../../adapters/event-item.ts';
import type { EngageWord } from '../../core/engage.ts';
import { emptyGroup, joinGroup, type EmailGroup } from '../../core/identity/email-group.ts';
import { newNode, type UserNode } from '../../core/identity/user-node.ts';
import type { Profile } from '../../core/user.ts';

const TABLES = { events: 'events', usage: 'usage', users: 'users' };
const GENERATION = 3;

const engageWord: fc.Arbitrary<EngageWord> = fc
  .record({ name: fc.constantFrom('a', 'b', 'c'), member: fc.boolean() })
  .map((word) => ({ kind: 'audience', ...word }));

const decidedEvents: fc.Arbitrary<DecidedEvent[]> = fc
  .array(
    fc.record({
      user: fc.nat({ max: 60 }),
      name: fc.nat({ max: 5 }),
      day: fc.nat({ max: 3 }),
      arrival: fc.nat({ max: 3 }),
      wasRedriven: fc.boolean(),
      kind: fc.constantFrom('mapped', 'unmapped', 'applied', 'quarantined'),
      features: fc.uniqueArray(fc.nat({ max: 8 }), { minLength: 1, maxLength: 4 }),
      wasUnmapped: fc.boolean(),
      engage: fc.option(engageWord, { nil: undefined }),
    }),
    { maxLength: 250 },
  )
  .map((shapes) =>
    shapes.map((shape, index): DecidedEvent => {
      const { user, name, day, arrival, wasRedriven, kind, features, wasUnmapped, engage } = shape;
      const group = { kind: 'name', name: `event ${String(name)}` } as const;
      const waits = wasUnmapped && kind !== 'applied';
      const record: EventRecord = {
        key: `key${String(index)}`,
        messageId: `m${String(index)}`,
        state: waits ? 'unmapped' : 'received',
        type: kind === 'applied' ? 'identify' : 'track',
        userId: `user${String(user)}`,
        name: group.name,
        time: 1_800_000_000_000 + day * 86_400_000,
        receivedAt: 1_800_000_000_000 + arrival * 86_400_000,
        ...(wasRedriven && { redriven: { at: 1_800_000_000_000, by: 'k' } }),
        dialect: 'webhook',
        apiKeyId: 'k',
        ...(waits && { reason: 'no_rule' as const, unmappedIn: `n#=${group.name}#${String(index % 4)}` }),
      };
      const word = engage && { engage };
      switch (kind) {
        case 'mapped': {
          const uses = features.map((feature) => ({ featureId: `f${String(feature)}`, delta: '1' }));
          return { record, generation: GENERATION, decision: { kind, uses, ...word } };
        }
        case 'unmapped':
          return {
            record,
            generation: GENERATION,
            decision: { kind, reason: 'invalid_delta', group, ...word },
          };
        case 'applied':
          return {
            record,
            generation: GENERATION,
            decision: { kind, profile: said(features, record), notes: [], ...word },
          };
        case 'quarantined':
          return { record, generation: GENERATION, decision: { kind, error: 'x' } };
      }
    }),
  );

/** Few emails and billing ids, so that users meet in them. */
function said(chosen: readonly number[], { time, key: source }: EventRecord): Profile {
  const [first = 0, second] = chosen;
  return {
    ...(first < 8 && { email: { value: `E${String(first)}@x.test`, time, source } }),
    ...(second !== undefined && { billingId: { value: `cus_${String(second)}`, time, source } }),
  };
}

// Of the users up to 60: the first 20 have an email and a billing id, the next five are merged into user0, the others up to
// 40 are just known. Emails up to four are also those of imported users, the first two of one each.
const field = (value: string) => ({ value, time: 1_700_000_000_000, source: 'old' });
const idOf = (userId: string) => ({ key: `=${userId}`, userId });
const nodes = new Map<string, UserNode | undefined>();
const groups = new Map<string, EmailGroup | undefined>();
const claims = new Map<string, string | undefined>();
for (let index = 0; index < 8; index += 1) groups.set(`e${String(index)}@x.test`, undefined);
for (let index = 0; index <= 60; index += 1) {
  const id = idOf(`user${String(index)}`);
  const has =
    index < 20
      ? { email: field(`old${String(index)}@x.test`), billingId: field(`cus_old${String(index)}`) }
      : {};
  const node = newNode(id, { said: has, createdAt: 1 });
  const isMerged = index >= 20 && index < 25;
  nodes.set(
    id.key,
    index >= 40
      ? undefined
      : {
          ...node,
          ...(isMerged && { mergedInto: { key: '=user0', mergeId: 'm' } }),
          ...(index === 0 && { members: [20, 21, 22, 23, 24].map((member) => `=user${String(member)}`) }),
        },
  );
  if (index >= 20) continue;
  groups.set(`old${String(index)}@x.test`, joinGroup(emptyGroup(`old${String(index)}@x.test`), node));
  claims.set(`cus_old${String(index)}`, id.key);
}
for (const [index, email] of [0, 1, 2, 2, 3, 3].entries()) {
  const address = `e${String(email)}@x.test`;
  const node = newNode(idOf(`imp_${String(index)}`), {
    said: { email: field(address) },
    createdAt: 1,
    importedFrom: 'csv:1',
  });
  nodes.set(node.key, node);
  groups.set(address, joinGroup(groups.get(address) ?? emptyGroup(address), node));
}
for (let index = 0; index < 9; index += 1)
  claims.set(`cus_${String(index)}`, index === 1 ? '=user1' : undefined);
const facts = { nodes, emails: groups, claims };

test('every event is in one chunk, and every chunk is a transaction that DynamoDB takes', () => {
  fc.assert(
    fc.property(decidedEvents, (decided) => {
      const chunks = packChunks(decided, facts);
      expect(chunks.flat()).toEqual(decided);
      for (const chunk of chunks) {
        const { items: planned, unread } = planChunk(TABLES, chunk, facts, new Map(), 1);
        expect(unread).toEqual([]);
        const items = planned.map(({ item }) => item);
        expect(items.length).toBeLessThanOrEqual(TRANSACTION_ITEMS_MAX);
        const keys = items.map((item) => {
          const { TableName: table, Key: key } = item.Update ??
            item.Delete ?? { TableName: item.Put?.TableName, Key: item.Put?.Item };
          return `${table ?? ''} ${key?.['pk']?.S ?? ''} ${key?.['sk']?.S ?? ''}`;
        });
        // DynamoDB refuses a transaction that names an item twice.
        expect(new Set(keys).size).toBe(keys.length);
      }
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('an unmapped event names the place where its row is, also where others of its chunk have to wait', () => {
  // Whoever says an email that was not read is not in the transaction.
  const unreadable = { ...facts, emails: new Map([...groups].filter(([address]) => !/^e\d/.test(address))) };
  let waited = 0;
  fc.assert(
    fc.property(decidedEvents, (decided) => {
      for (const chunk of packChunks(decided, facts)) {
        const { items, unread } = planChunk(TABLES, chunk, unreadable, new Map(), 1);
        waited += unread.length;
        const places = new Map<string, string>();
        const rows = new Map<string, string>();
        for (const { item } of items) {
          const place = item.Update?.ExpressionAttributeValues?.[':x']?.S;
          const eventPk = item.Update?.Key?.['pk']?.S;
          if (place !== undefined && eventPk !== undefined) places.set(eventPk.slice(2), place);
          const row = item.Put?.Item;
          if (row?.['pk']?.S?.startsWith('n#') === true) rows.set(row['sk']?.S ?? '', row['pk'].S);
        }
        for (const [key, place] of rows) expect(places.get(key)).toBe(place);
      }
    }),
    { seed: 3, numRuns: 300 },
  );
  expect(waited).toBeGreaterThan(0);
});
