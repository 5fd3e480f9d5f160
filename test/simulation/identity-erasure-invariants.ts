import { EVENT_SK, fromEventItem, type EventRecord } from '../../adapters/event-item.ts';
import { fromStoredOutcome } from '../../adapters/event-outcome.ts';
import { keyPartOf } from '../../adapters/keys.ts';
import { tombstoneKey } from '../../adapters/tombstone-item.ts';
import { fromUsageItem } from '../../adapters/usage-item.ts';
import { isBefore } from '../../core/erasure.ts';
import { PROFILE_FIELDS } from '../../core/user.ts';
import { TABLES } from './deployment-names.ts';
import { storedUsers } from './identity-invariants.ts';
import type { Scenario } from './identity-scenarios.ts';
import { textOf, toItem } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';

// What must hold of events, usage and users when all erasures are done, said from the tombstones alone: an event is erased
// exactly when it is older than the one of its id, and counts exactly when it is not.

const IDS = ['a', 'b', 'c'];

export function identityErasureViolations(
  dynamo: MemoryDynamo,
  { before, race, imported }: Scenario,
): string[] {
  const steps = [...before, ...race];
  const deletes = steps.filter((step) => step.does === 'delete');
  const violations: string[] = [];
  const users = dynamo.items(TABLES.users).map(toItem);
  const boundaries = new Map(
    IDS.flatMap((id) => {
      const { pk } = tombstoneKey(keyPartOf(id));
      const at = users.find((item) => item['pk']?.S === pk.S)?.['at']?.N;
      return at === undefined ? [] : [[id, Number(at)] as const];
    }),
  );
  for (const { userId } of deletes)
    if (!boundaries.has(userId)) violations.push(`${userId} was deleted and has no tombstone`);
  const related = relatives(steps);
  for (const id of boundaries.keys())
    if (!deletes.some(({ userId }) => related(userId, id)))
      violations.push(`${id} has a tombstone, and nobody deleted a user that it was ever part of`);

  const { nodes, merges, counted } = storedUsers(dynamo);
  const alive = new Map<string, EventRecord[]>();
  const erased = new Set<string>();
  let [ofFeature, sent] = [0, 0];
  for (const item of dynamo.items(TABLES.events).map(toItem)) {
    if (item['sk']?.S !== EVENT_SK) continue;
    const event = fromEventItem(item);
    sent += 1;
    if (event.type === 'track' && event.outcome !== undefined)
      ofFeature += fromStoredOutcome(event.outcome).uses?.length ?? 0;
    if (event.state === 'erased') {
      erased.add(event.key);
      for (const name of ['id', 'u', 'ui', 'b', 'en'])
        if (item[name] !== undefined) violations.push(`an erased event keeps its ${name}`);
      continue;
    }
    const boundary = boundaries.get(event.userId);
    if (event.state === 'received') violations.push(`${event.messageId} has no outcome`);
    if (boundary !== undefined && isBefore(event, boundary))
      violations.push(`${event.messageId} is older than the erasure of ${event.userId}, and ${event.state}`);
    alive.set(event.userId, [...(alive.get(event.userId) ?? []), event]);
  }
  const wanted = steps.filter(({ does }) => does === 'identify' || does === 'track').length;
  if (sent !== wanted) violations.push(`${String(sent)} of ${String(wanted)} events are stored`);
  if (deletes.length === 0 && erased.size > 0) violations.push('events are erased, and nobody was deleted');

  for (const id of IDS) {
    const events = alive.get(id) ?? [];
    const key = keyPartOf(id);
    const tracks = events.filter(({ type }) => type === 'track').length;
    if ((counted.get(key) ?? 0) !== tracks)
      violations.push(
        `${String(counted.get(key) ?? 0)} events of ${id} count, of ${String(tracks)} that are there`,
      );
    if (nodes.has(key) !== events.length > 0)
      violations.push(`${id} has ${String(events.length)} events and ${nodes.has(key) ? 'a' : 'no'} node`);
  }
  const rows = dynamo.items(TABLES.usage).filter((row) => textOf(row, 'pk').startsWith('f#'));
  const feature = rows.reduce((sum, row) => sum + fromUsageItem(toItem(row)).count, 0);
  if (feature !== ofFeature)
    violations.push(`the feature counts ${String(feature)} events, of ${String(ofFeature)} that counted`);
  if (deletes.length === 0 && ofFeature !== steps.filter(({ does }) => does === 'track').length)
    violations.push('a track does not count');

  for (const { key, said, importedFrom } of nodes.values()) {
    for (const name of PROFILE_FIELDS)
      if (erased.has(said[name]?.source ?? '')) violations.push(`${key} has the ${name} of an erased event`);
    if (importedFrom !== undefined && !imported.some(({ source }) => source === importedFrom))
      violations.push(`nobody imported ${key}`);
  }
  for (const { id, survivor, absorbed } of merges)
    for (const side of [survivor, absorbed])
      if (!nodes.has(side.key)) violations.push(`${id} names ${side.key}, which is gone`);
  for (const item of dynamo.items(TABLES.operations).map(toItem)) {
    const pk = item['pk']?.S ?? '';
    if (pk === 'erasing') violations.push('an erasure is not finished');
    if (pk.startsWith('erasure#') && (item['u'] !== undefined || item['sk']?.S !== 'head'))
      violations.push('a receipt names its user');
  }
  return violations;
}

/** Ids that some merge may have made one user. */
function relatives(steps: Scenario['race']): (one: string, other: string) => boolean {
  const groups = new Map(IDS.map((id) => [id, id]));
  for (const step of steps) {
    if (step.does !== 'merge') continue;
    const [from, to] = [groups.get(step.absorbedId), groups.get(step.survivorId)];
    for (const [id, group] of groups) if (group === from && to !== undefined) groups.set(id, to);
  }
  return (one, other) => groups.get(one) === groups.get(other);
}
