import type { Call, SaasDay } from './saas-day.ts';

// What the pipeline has to count, added up from what was sent and from nothing else: each messageId once, however often it
// went out.

export interface Amount {
  readonly micros: bigint;
  readonly count: number;
}

/** Usage by user, feature and UTC day, joined with `cellOf`. */
export type UsageTable = ReadonlyMap<string, Amount>;

export const cellOf = (userId: string, featureId: string, day: string): string =>
  `${userId} ${featureId} ${day}`;

export function expectedUsage({ calls }: Pick<SaasDay, 'calls'>): UsageTable {
  const table = new Map<string, Amount>();
  for (const call of onePerMessageId(calls)) {
    if (call.type !== 'track' || !('userId' in call.who) || call.outcome.kind !== 'mapped') continue;
    const day = new Date(call.at).toISOString().slice(0, 10);
    for (const { featureId, micros } of call.outcome.uses) {
      const cell = cellOf(call.who.userId, featureId, day);
      const before = table.get(cell);
      table.set(cell, { micros: (before?.micros ?? 0n) + micros, count: (before?.count ?? 0) + 1 });
    }
  }
  return table;
}

/** The sums of a table by one part of its cells. */
export function totalsBy(part: 'user' | 'feature', table: UsageTable): Map<string, Amount> {
  const totals = new Map<string, Amount>();
  for (const [cell, amount] of table) {
    const key = cell.split(' ')[part === 'user' ? 0 : 1] ?? '';
    const before = totals.get(key);
    totals.set(key, {
      micros: (before?.micros ?? 0n) + amount.micros,
      count: (before?.count ?? 0) + amount.count,
    });
  }
  return totals;
}

/** How many different events must wait, by event name and reason, joined with a colon. */
export function expectedUnmapped({ calls }: Pick<SaasDay, 'calls'>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const call of onePerMessageId(calls)) {
    if (call.type !== 'track' || call.outcome.kind !== 'unmapped') continue;
    const key = `${call.event}: ${call.outcome.reason}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function onePerMessageId(calls: readonly Call[]): Iterable<Call> {
  return new Map(calls.map((call) => [call.messageId, call])).values();
}
