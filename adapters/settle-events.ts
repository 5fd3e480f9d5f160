import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { decideEvent } from '../core/decide-event.ts';
import { isBefore } from '../core/erasure.ts';
import type { Item } from './attributes.ts';
import { pause } from './backoff.ts';
import { commitChunk, type CommitResult, type FailedEvent } from './commit.ts';
import { packChunks, type Tables } from './commit-plan.ts';
import type { DecidedEvent } from './decided-event.ts';
import { engageWordOf } from './engage-plan.ts';
import { readEngage } from './engage-store.ts';
import { revisionsIn } from './event-outcome.ts';
import { eraseEvents, type ErasedEvents } from './erase-events.ts';
import { fromEventItem, type EventState } from './event-item.ts';
import { readTombstones } from './tombstone-item.ts';
import { isPermanent } from './failure-kind.ts';
import { factsForIdentifies } from './identity-facts.ts';
import type { EventStore } from './event-store.ts';
import { keyPartOf } from './keys.ts';
import { mapAtMost } from './map-at-most.ts';
import type { RulesetStore } from './ruleset-store.ts';
import type { UserStore } from './user-store.ts';

// The one path from stored events to outcomes: read, decide, commit, and again for whatever changed in between. Live
// processing, the last chance, reprocessing and redrives all take it.

export interface SettleDependencies {
  readonly dynamo: DynamoDBClient;
  readonly tables: Tables;
  readonly events: EventStore;
  readonly users: UserStore;
  readonly rulesets: RulesetStore;
  readonly now: () => number;
}

export interface SettleOptions {
  /** The state that is worked on; events in any other have their outcome already. */
  readonly from: Extract<EventState, 'received' | 'unmapped'>;
  /** Epoch milliseconds after which nothing new is begun; what is left is reported as failed, not permanent. */
  readonly deadline: number;
  /** Turn events that fail permanently into `quarantined` ones instead of reporting them as failed. */
  readonly quarantine?: boolean;
}

export interface Settled {
  /** How many events were given each outcome by this call. */
  readonly mapped: number;
  readonly unmapped: number;
  readonly applied: number;
  readonly quarantined: number;
  /** How many events of each name were looked at. */
  readonly names: ReadonlyMap<string, number>;
  /** Events of a user that was erased after they happened: they were accepted, and are dropped. */
  readonly erased: number;
  readonly failed: readonly FailedEvent[];
}

/** Transactions in flight at once. More only adds conflicts on the counters that all of them share. */
const COMMITS_AT_ONCE = 4;
/** Events opened at once, which bounds memory when a sweep meets large bodies. */
const EVENTS_AT_ONCE = 600;
const ROUNDS_MAX = 20;

/**
 * Gives every event of `keys` its outcome, or says which failed. Safe to call for the same events any number of times,
 * from any number of workers: an event's outcome and its usage are written in one transaction under the condition that it
 * has none yet.
 */
export async function settleEvents(
  deps: SettleDependencies,
  keys: readonly string[],
  options: SettleOptions,
): Promise<Settled> {
  const unique = [...new Set(keys)];
  const total = { mapped: 0, unmapped: 0, applied: 0, quarantined: 0, erased: 0 };
  const failed: FailedEvent[] = [];
  const names = new Map<string, number>();
  for (let start = 0; start < unique.length; start += EVENTS_AT_ONCE) {
    let pending: readonly string[] = unique.slice(start, start + EVENTS_AT_ONCE);
    for (let round = 0; pending.length > 0; round += 1) {
      if (round === ROUNDS_MAX || deps.now() >= options.deadline) {
        const error = new Error('There was no time left to settle this event.');
        failed.push(...pending.map((key) => ({ key, error, permanent: false })));
        break;
      }
      // Many who claim one email come past one another only a few at a time.
      if (round > 1) await pause(round - 1);
      const { decided, done, erased, stale, broken } = await settleRound(deps, pending, options, names);
      total.erased += erased;
      for (const key of done) {
        const kind = decided.get(key);
        if (kind !== undefined) total[kind] += 1;
      }
      failed.push(...broken);
      pending = stale;
    }
  }
  return { ...total, names, failed };
}

interface Round {
  readonly decided: ReadonlyMap<string, DecidedEvent['decision']['kind']>;
  readonly done: readonly string[];
  readonly erased: number;
  readonly stale: readonly string[];
  readonly broken: readonly FailedEvent[];
}

async function settleRound(
  deps: SettleDependencies,
  keys: readonly string[],
  options: SettleOptions,
  names: Map<string, number>,
): Promise<Round> {
  // The ruleset before the events: a decision may be older than the rules of its commit (the fence then stops it), never
  // newer than the generation that it claims.
  const ruleset = await deps.rulesets.current();
  const items = await deps.events.items(keys);
  const late = await eraseLate(deps, items, options);
  const broken: FailedEvent[] = [];
  const decided: DecidedEvent[] = [];
  await Promise.all(
    [...items].map(async ([key, item]) => {
      if (item['st']?.S !== options.from) return;
      try {
        const { record, event } = await deps.events.open(item);
        const name = record.name ?? '';
        names.set(name, (names.get(name) ?? 0) + 1);
        const decision = decideEvent(event, ruleset);
        // It stays unmapped for the same reason: there is nothing to write.
        if (decision.kind === 'unmapped' && decision.reason === record.reason) return;
        const revisions = revisionsIn(record.outcome);
        decided.push({ record, decision, generation: ruleset.generation, revisions });
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        // Reading may fail for a moment; code that throws on an event will throw again.
        broken.push({ key, error, permanent: isPermanent(error) });
      }
    }),
  );
  const first = await commitAll(deps, decided, options);
  const failures = [...broken, ...first.failed, ...late.failed];
  if (options.quarantine !== true) return toRound(decided, first, failures, late);

  const records = await deps.events.records(
    failures.filter(({ permanent }) => permanent).map(({ key }) => key),
  );
  const doomed = failures.flatMap(({ key, error, permanent }): DecidedEvent[] => {
    const record = records.get(key);
    if (!permanent || record?.state !== options.from) return [];
    return [
      {
        record,
        decision: { kind: 'quarantined', error: describeFailure(error) },
        generation: ruleset.generation,
      },
    ];
  });
  const second = await commitAll(deps, doomed, options);
  const settled = new Set([...second.done, ...second.stale]);
  return toRound(
    [...decided, ...doomed],
    { done: [...first.done, ...second.done], stale: [...first.stale, ...second.stale], failed: [] },
    failures.filter(({ key }) => !settled.has(key)),
    late,
  );
}

/**
 * Erases what belongs to users that were erased since, and takes it out of `items`. What is decided by the others may be
 * overtaken by an erasure; the last pass of that comes when no such decision can be under way any more (docs/erasure.md).
 */
async function eraseLate(
  deps: SettleDependencies,
  items: Map<string, Item>,
  options: SettleOptions,
): Promise<ErasedEvents> {
  const open = [...items].filter(([, item]) => item['st']?.S === options.from);
  const boundaries = await readTombstones(
    deps.dynamo,
    deps.tables.users,
    open.flatMap(([, item]) => item['u']?.S ?? []),
  );
  if (boundaries.size === 0) return NOTHING_ERASED;
  const late = open.filter(([, item]) => {
    const boundary = boundaries.get(item['u']?.S ?? '');
    return boundary !== undefined && isReadable(item) && isBefore(fromEventItem(item), boundary);
  });
  for (const [key] of late) items.delete(key);
  return await eraseEvents(
    deps,
    late.map(([, item]) => item),
    options.deadline,
  );
}

/** A damaged item must not take a whole batch with it: deciding it says what is wrong with it. */
function isReadable(item: Item): boolean {
  try {
    fromEventItem(item);
    return true;
  } catch {
    return false;
  }
}

const NOTHING_ERASED: ErasedEvents = { erased: [], stale: [], failed: [] };

const toRound = (
  decided: readonly DecidedEvent[],
  result: CommitResult,
  broken: readonly FailedEvent[],
  late: ErasedEvents,
): Round => ({
  decided: new Map(decided.map(({ record, decision }) => [record.key, decision.kind])),
  done: result.done,
  erased: late.erased.length,
  stale: [...result.stale, ...late.stale],
  broken,
});

/** Commits events that were decided by one ruleset, in as few transactions as they fit. */
export async function commitAll(
  deps: SettleDependencies,
  unsorted: readonly DecidedEvent[],
  options: Pick<SettleOptions, 'deadline'>,
): Promise<CommitResult> {
  // Neighbours of one user share counters; the key makes the order, and so the chunks, the same for the same events.
  const decided = unsorted.toSorted(
    (a, b) => compare(a.record.userId, b.record.userId) || compare(a.record.key, b.record.key),
  );
  const facts = await factsForIdentifies(
    deps.users,
    [...new Set(decided.map(({ record }) => record.userId))].map(keyPartOf),
    decided.flatMap(({ record, decision }) =>
      decision.kind === 'applied' ? [{ key: keyPartOf(record.userId), said: decision.profile }] : [],
    ),
  );
  // Only for events of Engage: all others pay nothing for it.
  const told = decided.filter((event) => engageWordOf(event) !== undefined);
  const engage = await readEngage(
    deps.dynamo,
    deps.tables.users,
    told.map(({ record }) => keyPartOf(record.userId)),
  );
  const chunks = packChunks(decided, facts);
  const results = await mapAtMost(COMMITS_AT_ONCE, chunks, (chunk) =>
    commitChunk(deps.dynamo, deps.tables, chunk, facts, engage, {
      now: deps.now,
      deadline: options.deadline,
    }),
  );
  return {
    done: results.flatMap(({ done }) => done),
    stale: results.flatMap(({ stale }) => stale),
    failed: results.flatMap(({ failed }) => failed),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What a person sees of the error. The message of a defect may quote the event, so only its kind is kept. */
export function describeFailure(error: Error): string {
  return error.name === 'DamagedItemError' || '$metadata' in error
    ? `${error.name}: ${error.message}`
    : `${error.name}: deciding this event failed.`;
}
