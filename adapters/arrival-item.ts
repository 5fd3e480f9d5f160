import type { Update } from '@aws-sdk/client-dynamodb';
import type { ArrivalCounts, ArrivalDay } from '../core/arrivals.ts';
import { N, S, type Item } from './attributes.ts';
import { FEATURE_SHARDS } from './usage-item.ts';

// A counter row of arrivals: one UTC day of all events that came in, with a total and 24 hours, in the table of usage.

/** As many as the rows of a feature have, so that chunks which do not meet there do not meet here. */
export const ARRIVAL_SHARDS = FEATURE_SHARDS;

export const arrivalsPk = (shard: number): string => `arrivals#${String(shard)}`;

/** What each attribute counts; its hours have their two digits behind it. */
const ATTRIBUTES = [
  ['n', 'events'],
  ['t', 'track'],
  ['x', 'unmapped'],
] as const;

const hourSuffix = (hour: number): string => String(hour).padStart(2, '0');

/** Only ever inside the transaction that gives the events their first outcome: see `toUsageUpdate`. */
export function toArrivalUpdate(table: string, { day, total, hours }: ArrivalDay, shard: number): Update {
  const adds: [name: string, by: number][] = [];
  const add = (suffix: string, counts: ArrivalCounts): void => {
    // What is nothing is left out: most arrivals are of one kind, and the row stays small.
    for (const [name, of] of ATTRIBUTES) if (counts[of] !== 0) adds.push([name + suffix, counts[of]]);
  };
  add('', total);
  for (const [hour, counts] of hours) add(hourSuffix(hour), counts);
  return {
    TableName: table,
    Key: { pk: S(arrivalsPk(shard)), sk: S(day) },
    UpdateExpression: `ADD ${adds.map(([name]) => `${name} :${name}`).join(', ')}`,
    ExpressionAttributeValues: Object.fromEntries(adds.map(([name, by]) => [`:${name}`, N(by)])),
  };
}

export function fromArrivalItem(item: Item): ArrivalDay {
  const counts = (suffix: string): ArrivalCounts => {
    const [events = 0, track = 0, unmapped = 0] = ATTRIBUTES.map(([name]) =>
      Number(item[name + suffix]?.N ?? '0'),
    );
    return { events, track, unmapped };
  };
  const hours = new Map<number, ArrivalCounts>();
  for (let hour = 0; hour < 24; hour += 1) {
    const amount = counts(hourSuffix(hour));
    if (amount.events !== 0) hours.set(hour, amount);
  }
  return { day: item['sk']?.S ?? '', total: counts(''), hours };
}
