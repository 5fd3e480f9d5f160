import { FEATURES } from './catalog.ts';
import { cellOf, type Amount, type UsageTable } from './expected-usage.ts';
import { microsOf } from './micros.ts';
import type { PipelineApi, UsageRow } from './pipeline-api.ts';
import type { SaasDay } from './saas-day.ts';

// What the pipeline says that it has counted, for the days of the demo and the demo's own features.

const DAY_MS = 24 * 3600_000;
const LATE_DAYS_MAX = 21;
const USERS_AT_ONCE = 8;

const isDemoFeature = (row: UsageRow): boolean => FEATURES.some(({ id }) => id === row.featureId);

function rangeOf({ start }: Pick<SaasDay, 'start'>): { from: string; to: string } {
  const iso = (time: number): string => new Date(time).toISOString().slice(0, 10);
  return { from: iso(start - LATE_DAYS_MAX * DAY_MS), to: iso(start + 2 * DAY_MS) };
}

/** By user, feature and day, of the users of this day. */
export async function countedOfUsers(
  api: PipelineApi,
  day: SaasDay,
  onProgress: (users: number) => void,
): Promise<UsageTable> {
  const table = new Map<string, Amount>();
  const queue = day.userIds.values();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const userId of queue) {
      for (const row of (await api.usage({ ...rangeOf(day), userId })).filter(isDemoFeature)) {
        const amount = { micros: microsOf(row.sum), count: row.count };
        table.set(cellOf(userId, row.featureId, row.windowStart.slice(0, 10)), amount);
      }
      done += 1;
      onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: USERS_AT_ONCE }, work));
  return table;
}

/** By feature, of everybody: this run's users and all others. */
export async function countedOfAll(
  api: PipelineApi,
  day: Pick<SaasDay, 'start'>,
): Promise<Map<string, Amount>> {
  const totals = new Map<string, Amount>(FEATURES.map(({ id }) => [id, { micros: 0n, count: 0 }]));
  for (const row of (await api.usage(rangeOf(day))).filter(isDemoFeature)) {
    const before = totals.get(row.featureId);
    totals.set(row.featureId, {
      micros: (before?.micros ?? 0n) + microsOf(row.sum),
      count: (before?.count ?? 0) + row.count,
    });
  }
  return totals;
}
