import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ARRIVAL_SHARDS, toArrivalUpdate } from '../../adapters/arrival-item.ts';
import { ArrivalStore } from '../../adapters/arrival-store.ts';
import { foldArrivals, type Arrival } from '../../core/arrivals.ts';
import { ArrivalWindows } from '../../functions/admin/arrival-windows.ts';
import { daysOf } from '../../functions/admin/usage-windows.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());

const HOUR = 3_600_000;
const START = Date.UTC(2026, 9, 29);
const HOURS = 24 * 6;

const arrival: fc.Arbitrary<Arrival> = fc
  .record({
    receivedAt: fc.nat({ max: HOURS * HOUR - 1 }).map((ms) => START + ms),
    kind: fc.constantFrom('identify', 'mapped', 'unmapped'),
  })
  .map(({ receivedAt, kind }) => ({
    receivedAt,
    isTrack: kind !== 'identify',
    isUnmapped: kind === 'unmapped',
  }));

const range = fc
  .tuple(fc.nat({ max: HOURS }), fc.nat({ max: HOURS }))
  .map(([a, b]) => ({ from: START + Math.min(a, b) * HOUR, to: START + (Math.max(a, b) + 1) * HOUR }));

test('chunks that are added in any shards read back as exactly the events that came, by hour, day and month', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(arrival, { minLength: 1 }), fc.nat({ max: ARRIVAL_SHARDS - 1 })), {
        maxLength: 8,
      }),
      range,
      async (chunks, days) => {
        const { usage } = await dynamo.tables();
        const store = new ArrivalStore(dynamo.client, usage);
        for (const [chunk, shard] of chunks) {
          const updates = foldArrivals(chunk).map((day) => ({ Update: toArrivalUpdate(usage, day, shard) }));
          await dynamo.client.send(new TransactWriteItemsCommand({ TransactItems: updates }));
        }
        const came = chunks
          .flatMap(([chunk]) => chunk)
          .filter(({ receivedAt }) => receivedAt >= days.from && receivedAt < days.to);
        const expected = {
          events: came.length,
          track: came.filter(({ isTrack }) => isTrack).length,
          unmapped: came.filter(({ isUnmapped }) => isUnmapped).length,
        };
        for (const [window, length] of [
          ['hour', 13],
          ['day', 10],
          ['month', 7],
        ] as const) {
          const windows = new ArrivalWindows(days, window);
          await store.between(daysOf(days), (day) => {
            windows.add(day);
          });
          expect(windows.total()).toEqual(expected);
          const starts = new Map<string, number>();
          for (const { receivedAt } of came) {
            const start = new Date(receivedAt).toISOString().slice(0, length);
            starts.set(start, (starts.get(start) ?? 0) + 1);
          }
          const rows = windows
            .rows()
            .map(({ windowStart, events }) => [windowStart.slice(0, length), events]);
          expect(rows).toEqual([...starts].sort());
        }
      },
    ),
    { seed: 1, numRuns: 15 },
  );
});
