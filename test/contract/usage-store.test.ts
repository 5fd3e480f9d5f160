import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toUsageUpdate } from '../../adapters/usage-item.ts';
import { UsageStore, type DayRange, type UsageDay } from '../../adapters/usage-store.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../support/dynamo.ts';

// Feature ids of which one begins like the other, and with characters that sort before and after the separator.
const FEATURES = ['a', 'a b', 'a-b', 'a/b', 'ab', 'aB', 'b', 'z.z'];
const DAYS = Array.from({ length: 90 }, (_, index) =>
  new Date(Date.UTC(2026, 8, 1 + index)).toISOString().slice(0, 10),
);

let dynamo: TestDynamo;
let tables: TestTables;
let store: UsageStore;
/** `<feature> <day>` of every row that there is. */
const written = new Set<string>();

beforeAll(async () => {
  dynamo = await startTestDynamo();
  tables = await dynamo.tables();
  store = new UsageStore(dynamo.client, tables.usage);
  // Dense, sparse and empty stretches of every feature, the same in every run.
  const rows = FEATURES.flatMap((featureId, feature) =>
    DAYS.filter(
      (_, day) => (day * 7 + feature * 13) % 11 < (feature % 3) * 5 || (feature + day) % 45 === 0,
    ).map((day) => ({ featureId, day })),
  );
  for (const { featureId, day } of rows) written.add(`${featureId} ${day}`);
  const total = { sum: '1.5', count: 2 };
  const changes = rows.flatMap(({ featureId, day }) => [
    {
      Update: toUsageUpdate(
        tables.usage,
        { userId: 'ada', featureId, day, total, hours: new Map([[3, total]]) },
        0,
      ),
    },
    {
      Update: toUsageUpdate(
        tables.usage,
        { featureId, day, total, hours: new Map([[3, total]]) },
        (day.charCodeAt(9) + day.charCodeAt(8)) % 8,
      ),
    },
  ]);
  for (let start = 0; start < changes.length; start += 100) {
    await dynamo.client.send(
      new TransactWriteItemsCommand({ TransactItems: changes.slice(start, start + 100) }),
    );
  }
});
afterAll(() => dynamo.stop());

const inRange = ({ from, to }: DayRange, features: readonly string[]): string[] =>
  [...written]
    .filter((row) => features.includes(row.slice(0, -11)) && row.slice(-10) >= from && row.slice(-10) <= to)
    .sort();

async function collect(read: (take: (day: UsageDay) => boolean) => Promise<boolean>): Promise<string[]> {
  const found: string[] = [];
  const all = await read(({ featureId, row }) => {
    expect(row).toMatchObject({ sum: '1.5', count: 2 });
    found.push(`${featureId} ${row.day}`);
    return true;
  });
  expect(all).toBe(true);
  return found.sort();
}

const ranges = fc
  .tuple(fc.nat(DAYS.length - 1), fc.nat(DAYS.length - 1))
  .map(([a, b]): DayRange => ({ from: DAYS[Math.min(a, b)] ?? '', to: DAYS[Math.max(a, b)] ?? '' }));

test('jumping from feature to feature finds exactly the rows of the range, each once', async () => {
  await fc.assert(
    fc.asyncProperty(ranges, async (days) => {
      expect(await collect((take) => store.ofKeys(['=ada'], days, take))).toEqual(inRange(days, FEATURES));
    }),
    { seed: 1, numRuns: 60 },
  );
});

test('one feature of a user, and the totals of features over all shards, have exactly their rows', async () => {
  await fc.assert(
    fc.asyncProperty(ranges, fc.constantFrom(...FEATURES), async (days, featureId) => {
      const one = await collect((take) => store.ofKeysAndFeature(['=ada'], featureId, days, take));
      expect(one).toEqual(inRange(days, [featureId]));
      const everybody = await collect((take) => store.ofEverybody([featureId, 'b'], days, take));
      expect(everybody).toEqual(
        inRange(days, [featureId, 'b'])
          .concat(featureId === 'b' ? inRange(days, ['b']) : [])
          .sort(),
      );
    }),
    { seed: 1, numRuns: 30 },
  );
});

test('a reader that has enough is given no more, and the answer says so', async () => {
  const days = { from: '2026-09-01', to: '2026-12-31' };
  for (const read of [
    (take: () => boolean) => store.ofKeys(['=ada'], days, take),
    (take: () => boolean) => store.ofKeysAndFeature(['=ada'], 'a b', days, take),
    (take: () => boolean) => store.ofEverybody(['a b'], days, take),
  ]) {
    let taken = 0;
    expect(
      await read(() => {
        taken += 1;
        return taken < 3;
      }),
    ).toBe(false);
    expect(taken).toBe(3);
  }
});

test('a user without usage has no rows', async () => {
  expect(
    await collect((take) => store.ofKeys(['=nobody'], { from: '2026-01-01', to: '2026-12-31' }, take)),
  ).toEqual([]);
});
