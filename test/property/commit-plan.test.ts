import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  packChunks,
  planChunk,
  TRANSACTION_ITEMS_MAX,
  type DecidedEvent,
} from '../../adapters/commit-plan.ts';
import type { EventRecord } from '../../adapters/event-item.ts';
import type { EngageWord } from '../../core/engage.ts';
import { newNode, type UserNode } from '../../core/identity/user-node.ts';

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
      kind: fc.constantFrom('mapped', 'unmapped', 'applied', 'quarantined'),
      features: fc.uniqueArray(fc.nat({ max: 8 }), { minLength: 1, maxLength: 4 }),
      wasUnmapped: fc.boolean(),
      engage: fc.option(engageWord, { nil: undefined }),
    }),
    { maxLength: 250 },
  )
  .map((shapes) =>
    shapes.map(({ user, name, day, kind, features, wasUnmapped, engage }, index): DecidedEvent => {
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
        receivedAt: 1_800_000_000_000,
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
          return { record, generation: GENERATION, decision: { kind, profile: {}, notes: [], ...word } };
        case 'quarantined':
          return { record, generation: GENERATION, decision: { kind, error: 'x' } };
      }
    }),
  );

const known: ReadonlyMap<string, UserNode> = new Map(
  Array.from({ length: 30 }, (_, index) => {
    const userId = `user${String(index)}`;
    return [userId, newNode({ key: `=${userId}`, userId }, { said: {}, createdAt: 1 })];
  }),
);

test('every event is in one chunk, and every chunk is a transaction that DynamoDB takes', () => {
  fc.assert(
    fc.property(decidedEvents, (decided) => {
      const chunks = packChunks(decided, known);
      expect(chunks.flat()).toEqual(decided);
      for (const chunk of chunks) {
        const items = planChunk(TABLES, chunk, known, new Map(), 1).map(({ item }) => item);
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
