import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addEngageWord,
  AUDIENCES_MAX,
  COMPUTED_TRAITS_MAX,
  EMPTY_ENGAGE,
  mergeEngage,
  type EngageProfile,
  type EngageWord,
} from '../../core/engage.ts';
import { fromEngageItem, toEngageItem } from '../../adapters/engage-item.ts';

interface Said {
  readonly word: EngageWord;
  readonly time: number;
  readonly source: string;
}

const name = fc.constantFrom('vip', '__proto__', 'lone\ud800', 'Ünï');
const word: fc.Arbitrary<EngageWord> = fc.oneof(
  fc.record({ kind: fc.constant('audience'), name, member: fc.boolean() }),
  fc.record({ kind: fc.constant('trait'), name, value: fc.constantFrom(1, 'a', null, false) }),
);
/** One event says one thing, so a source stands for one word. */
const said: fc.Arbitrary<Said[]> = fc
  .array(fc.record({ word, time: fc.integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 8 })
  .map((all) => all.map((one, index) => ({ ...one, source: `e${String((index * 7) % 10)}` })));

const fold = (all: readonly Said[]): EngageProfile =>
  all.reduce(
    (profile, { word: one, time, source }) => addEngageWord(profile, one, { time, source }).profile,
    EMPTY_ENGAGE,
  );

test('what Engage said comes out the same in whatever order, and however often, it arrives', () => {
  fc.assert(
    fc.property(said, fc.array(fc.nat(), { minLength: 16, maxLength: 16 }), (all, order) => {
      const shuffled = [...all, ...all]
        .map((one, index) => [order[index] ?? 0, one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one);
      expect(fold(shuffled)).toEqual(fold(all));
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test('what was said about the ids of one person is the same as if it had been said about one id', () => {
  fc.assert(
    fc.property(said, fc.nat({ max: 8 }), (all, cut) => {
      const [left, right] = [all.slice(0, cut), all.slice(cut)];
      expect(mergeEngage([fold(left), fold(right)])).toEqual(fold(all));
      expect(mergeEngage([fold(right), fold(left), fold(left)])).toEqual(fold(all));
    }),
    { seed: 2, numRuns: 2_000 },
  );
});

test('what is stored is read back as it was', () => {
  fc.assert(
    fc.property(said, (all) => {
      const profile = fold(all);
      expect(fromEngageItem(toEngageItem('=user-1', profile, 3))).toEqual({
        ...profile,
        key: '=user-1',
        version: 3,
      });
    }),
    { seed: 3, numRuns: 500 },
  );
});

test('a user keeps so many audiences and traits, the first that came, in an item that DynamoDB takes', () => {
  const mark = { time: 1_800_000_000_000, source: 'x'.repeat(22) };
  // The longest names and values there can be, of characters that take six bytes each.
  const longName = (index: number): string => `${'\ud800'.repeat(95)}${String(index).padStart(5, '0')}`;
  let profile = EMPTY_ENGAGE;
  const notes = new Set<string | undefined>();
  for (let index = 0; index < 300; index += 1) {
    const audience = { kind: 'audience', name: longName(index), member: index % 2 === 0 } as const;
    const trait = { kind: 'trait', name: longName(index), value: '\u{1F600}'.repeat(499) } as const;
    for (const one of [audience, trait]) {
      const change = addEngageWord(profile, one, mark);
      notes.add(change.note);
      expect(change.changed).toBe(change.note === undefined);
      profile = change.profile;
    }
    profile = addEngageWord(profile, { ...audience, member: index % 2 !== 0 }, mark).profile;
  }
  expect(notes).toEqual(new Set([undefined, 'engage_audiences_full', 'engage_traits_full']));
  expect([profile.audiences.size, profile.computedTraits.size]).toEqual([AUDIENCES_MAX, COMPUTED_TRAITS_MAX]);
  const item = toEngageItem('u', profile, 1);
  const bytes = Object.values(item).reduce((sum, value) => sum + Buffer.byteLength(value.S ?? ''), 0);
  expect(bytes).toBeLessThan(390 * 1024);
});
