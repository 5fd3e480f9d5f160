import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hear, newNode } from '../../core/identity/user-node.ts';
import { mergeProfiles, type Profile } from '../../core/user.ts';

// One event says one thing about a field: equal time and source mean equal value. Two events may say the same.
const SAYS = { e1: 'a', e2: 'b', e3: 'a' };
const field = fc.record({
  value: fc.constantFrom('a', 'b', 'c'),
  time: fc.integer({ min: 1, max: 4 }),
  source: fc.constantFrom<keyof typeof SAYS>('e1', 'e2', 'e3'),
});
const profile: fc.Arbitrary<Profile> = fc
  .record({ name: field, email: field, billingId: field }, { requiredKeys: [] })
  .map((fields) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        { ...value, value: `${SAYS[value.source]}${String(value.time)}` },
      ]),
    ),
  );

test('merging what identifies said is commutative, associative and idempotent', () => {
  fc.assert(
    fc.property(profile, profile, profile, (a, b, c) => {
      expect(mergeProfiles(a, b)).toEqual(mergeProfiles(b, a));
      expect(mergeProfiles(mergeProfiles(a, b), c)).toEqual(mergeProfiles(a, mergeProfiles(b, c)));
      expect(mergeProfiles(a, a)).toEqual(a);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test('a user comes out the same in whatever order, and however often, its identifies arrive', () => {
  fc.assert(
    fc.property(
      fc.array(profile, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (said, order) => {
        const fold = (profiles: readonly Profile[]): Profile =>
          profiles.reduce(
            (node, one) => hear(node, one) ?? node,
            newNode({ key: '=u', userId: 'u' }, { said: {}, createdAt: 1 }),
          ).profile;
        const shuffled = [...said, ...said].sort(() => ((order.next().value ?? 0) % 2 === 0 ? 1 : -1));
        expect(fold(shuffled)).toEqual(fold(said));
      },
    ),
    { seed: 2, numRuns: 1_000 },
  );
});
