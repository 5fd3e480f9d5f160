import { ArrivalStore } from '../../adapters/arrival-store.ts';
import { eventPk, EVENT_SK } from '../../adapters/event-item.ts';
import type { ArrivalCounts } from '../../core/arrivals.ts';
import { TABLES } from './deployment-names.ts';
import type { Events, Rest } from './invariants.ts';
import { textOf } from './ledger.ts';
import type { StoredChange } from './memory-dynamo.ts';

// How many events came in, said a second time: the first outcome of each is seen in the moment of its commit, and is what the
// event was when it arrived, whatever has become of it since.

export type FirstOutcomes = Map<string, string>;

/** Notes what an event became that was never anything but received. Erased before that, it has not arrived. */
export function noteFirstOutcome(known: FirstOutcomes, { table, before, after }: StoredChange): void {
  if (table !== TABLES.events || before === undefined || after === undefined) return;
  const pk = textOf(after, 'pk');
  if (textOf(after, 'sk') !== EVENT_SK || !pk.startsWith(eventPk(''))) return;
  const [from, to] = [textOf(before, 'st'), textOf(after, 'st')];
  if (from !== 'received' || to === 'received' || to === 'erased') return;
  const key = pk.slice(eventPk('').length);
  if (!known.has(key)) known.set(key, to);
}

const DAYS = { from: '2026-01-01', to: '2027-01-01' };

/** As the API reads them, by day and by hour, they are what was stored and got an outcome, each event once. */
export async function arrivalViolations({ ledger, clients }: Rest, events: Events): Promise<string[]> {
  const wanted = new Map<string, number>();
  const found = new Map<string, number>();
  const add = (to: Map<string, number>, when: string, { events, track, unmapped }: ArrivalCounts): void => {
    for (const [what, by] of Object.entries<number>({ events, track, unmapped }))
      if (by !== 0) to.set(`${when} ${what}`, (to.get(`${when} ${what}`) ?? 0) + by);
  };
  for (const { record, sent } of events.values()) {
    const became = ledger.firstOutcomes.get(record.key);
    if (became === undefined) continue;
    const iso = new Date(record.receivedAt).toISOString();
    const one = { events: 1, track: Number(sent.type === 'track'), unmapped: Number(became === 'unmapped') };
    for (const when of [iso.slice(0, 10), iso.slice(0, 13)]) add(wanted, when, one);
  }
  await new ArrivalStore(clients.dynamo, TABLES.usage).between(DAYS, ({ day, total, hours }) => {
    add(found, day, total);
    for (const [hour, counts] of hours) add(found, `${day}T${String(hour).padStart(2, '0')}`, counts);
  });
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((key) => {
    const [counted = 0, came = 0] = [found.get(key), wanted.get(key)];
    return counted === came ? [] : [`${key}: ${String(counted)} arrived where ${String(came)} came`];
  });
}
