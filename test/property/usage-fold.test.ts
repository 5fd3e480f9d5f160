import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sumDecimals } from '../../core/decimal.ts';
import { hourOf } from '../../core/timestamp.ts';
import { foldUsage, type UsageChange } from '../../core/usage-fold.ts';

/** Ids that look like parts of one another when they are written one after the other. */
const id = fc.constantFrom('a', '1', '1:a', '1:a20000 ', '20000 f', ' f', 'f', '#', '');

const changes: fc.Arbitrary<UsageChange[]> = fc.array(
  fc.record({
    userId: id,
    featureId: id,
    time: fc
      .integer({ min: 19_999, max: 20_001 })
      .chain((day) => fc.integer({ min: 0, max: 86_399_999 }).map((ms) => day * 86_400_000 + ms)),
    delta: fc.constantFrom('1', '-1', '0.1', '0.2', '-0.000001', '123456789012345.999999'),
    events: fc.constantFrom(1 as const, -1 as const),
  }),
  { maxLength: 40 },
);

test('a row has exactly what was counted of its user, feature, day and hour, whatever the ids are', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const rows = foldUsage(all);
      for (const { userId, featureId, day, total, hours } of rows) {
        const own = all.filter(
          (change) =>
            (userId === undefined || change.userId === userId) &&
            change.featureId === featureId &&
            hourOf(change.time).day === day,
        );
        expect(total).toEqual(sumOf(own));
        for (const [hour, amount] of hours)
          expect(amount).toEqual(sumOf(own.filter(({ time }) => hourOf(time).hour === hour)));
        expect([...hours.values()].reduce((count, amount) => count + amount.count, 0)).toBe(total.count);
      }
      const places = rows.map(({ userId, featureId, day }) => JSON.stringify([userId, featureId, day]));
      expect(new Set(places).size).toBe(rows.length);
      const wanted = all.flatMap(({ userId, featureId, time }) =>
        [userId, undefined].map((owner) => JSON.stringify([owner, featureId, hourOf(time).day])),
      );
      expect(new Set(places)).toEqual(new Set(wanted));
    }),
  );
});

const sumOf = (changes: readonly UsageChange[]) => ({
  sum: sumDecimals(changes.map(({ delta }) => delta)),
  count: changes.reduce((count, { events }) => count + events, 0),
});
