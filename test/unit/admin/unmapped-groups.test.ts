import { expect, test } from '@jest/globals';
import type { GroupShard } from '../../../adapters/unmapped-item.ts';
import type { UnmappedGroup, UnmappedReason } from '../../../core/unmapped-group.ts';
import { linesAfter, positionOf, toLines } from '../../../functions/admin/unmapped-groups.ts';
import { shorten } from '../../../functions/admin/unmapped-samples.ts';

const shard = (
  group: UnmappedGroup,
  counts: Partial<Record<UnmappedReason, number>>,
  more: Partial<GroupShard> = {},
): GroupShard => {
  const reasons = (['no_rule', 'unknown_feature', 'archived_feature', 'invalid_delta'] as const).flatMap(
    (reason) => (counts[reason] === undefined ? [] : [[reason, counts[reason]] as const]),
  );
  return {
    group,
    unmappedIn: 'x#0',
    counts: new Map(reasons),
    count: reasons.reduce((total, [, count]) => total + count, 0),
    firstSeen: 10,
    lastSeen: 20,
    sketch: [1],
    fence: 1,
    swept: 1,
    ...more,
  };
};
const named = (name: string): UnmappedGroup => ({ kind: 'name', name });

test('the shards of a group are one line per reason, with the first and the last sight of all of them', () => {
  const lines = toLines([
    shard(named('A'), { no_rule: 2, invalid_delta: 1 }, { firstSeen: 5, lastSeen: 6 }),
    shard(named('A'), { no_rule: 3 }, { firstSeen: 7, lastSeen: 30 }),
  ]);
  expect(lines).toMatchObject([
    { event: 'A', reason: 'no_rule', count: 5, firstSeen: 5, lastSeen: 30 },
    { event: 'A', reason: 'invalid_delta', count: 1, firstSeen: 5, lastSeen: 30 },
  ]);
});

test('groups without events are no lines, and one name with and without a feature is two', () => {
  const lines = toLines([
    shard(named('gone'), {}),
    shard(named('A'), { no_rule: 1 }),
    shard({ kind: 'feature', name: 'A', featureId: 'f' }, { unknown_feature: 2 }),
  ]);
  expect(lines.map(({ event, featureId, count }) => [event, featureId, count])).toEqual([
    ['A', 'f', 2],
    ['A', undefined, 1],
  ]);
});

test('users are never more than events', () => {
  const sketch = Array.from({ length: 64 }, (_, register) => register * 32 + 3);
  expect(toLines([shard(named('A'), { no_rule: 4 }, { sketch })])).toMatchObject([{ users: 4 }]);
});

test('the lines after a position are the rest of the list, also when counts have changed since', () => {
  const lines = toLines(
    ['A', 'B', 'C', 'D'].map((name, index) => shard(named(name), { no_rule: index < 2 ? 5 : 1 })),
  );
  expect(lines.map(({ event }) => event)).toEqual(['A', 'B', 'C', 'D']);
  const [, second] = lines;
  if (second === undefined) throw new Error('There are four lines.');
  expect(linesAfter(lines, positionOf(second)).map(({ event }) => event)).toEqual(['C', 'D']);
  expect(linesAfter(lines, { count: 3, key: 'whatever' }).map(({ event }) => event)).toEqual(['C', 'D']);
});

test('properties are shortened by leaving out what is large, in their order', () => {
  expect(shorten({ a: 1, b: 'x' })).toEqual({ properties: { a: 1, b: 'x' }, shortened: false });
  expect(shorten({ a: 1, b: ['x'.repeat(5_000)], c: null })).toEqual({
    properties: { a: 1, c: null },
    shortened: true,
  });
  const many = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`key-${String(index)}`, index]),
  );
  expect(JSON.stringify(shorten(many).properties).length).toBeLessThan(10_000);
});
