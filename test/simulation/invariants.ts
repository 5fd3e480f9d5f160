import { fromStoredOutcome } from '../../adapters/event-outcome.ts';
import type { Item } from '../../adapters/attributes.ts';
import {
  bodyOf,
  chunkSk,
  EVENT_SK,
  eventPk,
  fromEventItem,
  inflateBody,
  type EventRecord,
  type OutcomeRevision,
} from '../../adapters/event-item.ts';
import { EventList } from '../../adapters/event-list.ts';
import { bodyDigest, EventStore } from '../../adapters/event-store.ts';
import { JobStore } from '../../adapters/job-store.ts';
import { eventKeyOf, keyPartOf } from '../../adapters/keys.ts';
import { fromGroupItem } from '../../adapters/unmapped-item.ts';
import { UnmappedStore } from '../../adapters/unmapped-store.ts';
import { fromUsageItem } from '../../adapters/usage-item.ts';
import { ReconciliationStore } from '../../adapters/reconciliation-store.ts';
import { UsageStore } from '../../adapters/usage-store.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { arrivalViolations } from './arrivals.ts';
import { TABLES } from './deployment-names.ts';
import { boundariesOf, erasureViolations } from './erasure-invariants.ts';
import type { BeforeErasure } from './erasure-ledger.ts';
import { jobProgress } from './job-progress.ts';
import { identityViolations } from './identity-invariants.ts';
import { textOf, toItem, type Ledger } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';
import { keptOf, micros, outcomeOf, revisedUses, type Outcome, type SentEvent } from './oracle.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedClients } from './simulated-aws.ts';
import { usageAnswers } from './usage-answers.ts';

// What must hold when everything has come to rest, whatever happened before. Each violation is a sentence. The stored
// state is compared with the ledger, and usage and users are read as the product reads them.

export interface Rest {
  readonly ledger: Ledger;
  readonly dynamo: MemoryDynamo;
  readonly clients: SimulatedClients;
  readonly scheduler: Scheduler;
}

export interface Settled {
  readonly record: EventRecord;
  /** The body that is stored. */
  readonly sent: SentEvent;
}

export async function violationsAtRest(rest: Rest): Promise<string[]> {
  const stored = storedEvents(rest);
  return [
    ...stored.violations,
    ...acknowledgedEvents(rest, stored.events),
    ...[...stored.events.values()].flatMap((event) => legalOutcome(rest, event)),
    ...unmappedIndex(rest, stored.events),
    ...jobProgress(rest),
    ...usageRows(rest, stored.events),
    ...(await usageAsRead(rest, stored.events)),
    ...(await usageAsAnswered(rest, stored.events)),
    ...(await arrivalViolations(rest, stored.events)),
    ...identityViolations(rest.dynamo),
    ...(await users(rest, stored.events)),
    ...(await timelines(rest, stored.events)),
    ...(await pastIsDone(rest)),
    ...(await reconciliations(rest)),
    ...erasureViolations(rest, stored.events),
    ...rest.ledger.api.violations(),
  ];
}

export type Events = ReadonlyMap<string, Settled>;

/** Each stored event has one of the bodies that were sent under its messageId: the first that was acknowledged as such. */
function storedEvents(rest: Rest): { events: Events; violations: string[] } {
  const { ledger, dynamo } = rest;
  const events = new Map<string, Settled>();
  const violations: string[] = [];
  for (const wire of dynamo.items(TABLES.events)) {
    if (textOf(wire, 'sk') !== EVENT_SK) continue;
    const item = toItem(wire);
    const record = fromEventItem(item);
    if (record.state === 'erased') {
      const before = ledger.erasing.erasedFrom.get(record.key);
      const messageId = before?.record.messageId ?? '';
      const sent = sentOfErased(rest, messageId, before);
      if (sent === undefined) violations.push(`${record.key} is the marker of no event`);
      else events.set(messageId, { record, sent });
      continue;
    }
    const text = bodyTextOf(dynamo, item);
    const message = ledger.messages.get(record.messageId);
    const sent = message?.bodies.find((body) => body.text === text);
    if (message === undefined || sent === undefined) {
      violations.push(`${record.messageId} is stored with a body that nobody sent`);
      continue;
    }
    if ([...message.first].some((first) => first !== text))
      violations.push(`${record.messageId} was acknowledged as new with another body than the stored one`);
    events.set(record.messageId, { record, sent });
  }
  return { events, violations };
}

/** The body that an erased event had. Of one in parts, the digest of its text is what tells it from another one sent. */
function sentOfErased(
  { ledger }: Rest,
  messageId: string,
  before: BeforeErasure | undefined,
): SentEvent | undefined {
  if (before === undefined) return undefined;
  const bodies = ledger.messages.get(messageId)?.bodies ?? [];
  const body = bodyOf({ ...toItem(before.item), ...ledger.spoiled.of(before.record.key) });
  if (!('deflated' in body)) return bodies.find(({ text }) => bodyDigest(text) === body.digest);
  const text = inflateBody(body.deflated);
  return bodies.find((each) => each.text === text);
}

/** The body that is stored with an event, in it or beside it; nothing where a part of it is missing. */
function bodyTextOf(dynamo: MemoryDynamo, item: Item): string {
  const body = bodyOf(item);
  if ('deflated' in body) return inflateBody(body.deflated);
  const parts = Array.from({ length: body.chunks }, (_, index) => {
    const sk = chunkSk(body.digest, index);
    const part = dynamo.items(TABLES.events).find((each) => {
      return textOf(each, 'pk') === item['pk']?.S && textOf(each, 'sk') === sk;
    });
    return part === undefined ? undefined : toItem(part)['b']?.B;
  });
  const whole = parts.flatMap((part) => part ?? []);
  return whole.length === parts.length ? inflateBody(Buffer.concat(whole)) : '';
}

function acknowledgedEvents({ ledger }: Rest, events: Events): string[] {
  return [...ledger.messages].flatMap(([messageId, message]) => {
    if (!message.acknowledged) return [];
    const state = events.get(messageId)?.record.state;
    if (state === undefined) return [`${messageId} was acknowledged and is not stored`];
    if (state === 'received') return [`${messageId} was acknowledged and never got an outcome`];
    // Every fault passes by, so nothing fails for good.
    return state === 'quarantined' ? [`${messageId} was quarantined`] : [];
  });
}

/** What an event became follows from the rules of some moment since it came, and no rule of now is left untried. */
function legalOutcome({ ledger }: Rest, { record, sent }: Settled): string[] {
  const { messageId, state } = record;
  if (state === 'received') return [];
  if (state === 'quarantined') return [];
  if (state === 'erased') return [];
  const stored = fromStoredOutcome(record.outcome ?? '');
  const then = ledger.history.get(stored.generation);
  if (then === undefined)
    return [`${messageId} was decided by generation ${String(stored.generation)}, which never was`];
  if (stored.generation < (ledger.storedAt.get(record.key) ?? 0))
    return [`${messageId} was decided by rules from before its arrival`];
  if (sent.type === 'identify')
    return state === 'applied' ? [] : [`${messageId} is an identify and ${state}`];
  const decision = outcomeOf(sent, then);
  const [expected, ...wrong] = afterRevisions(ledger, sent, decision, stored.revisions ?? []);
  const decided =
    state === 'mapped'
      ? usesText(stored.uses ?? [])
      : `${state} ${record.reason ?? ''} in ${record.unmappedIn === undefined ? 'nothing' : 'a group'}`;
  const wanted = 'uses' in expected ? usesText(expected.uses) : `unmapped ${expected.unmapped} in a group`;
  const violations = wrong.map((what) => `${messageId} ${what}`);
  if (decided !== wanted) violations.push(`${messageId} became ${decided} and not ${wanted}`);
  for (const change of state === 'mapped' ? ledger.pastChanges.values() : []) {
    if (keptOf(stored.uses ?? [], change) !== undefined)
      violations.push(
        `${messageId} counts by ${change.ruleId} below version ${String(change.belowVersion)}: ${change.kind}`,
      );
  }
  const now = outcomeOf(sent, ledger.now());
  if (state === 'unmapped' && 'uses' in now) {
    violations.push(
      `${messageId} is unmapped (decided by ${String(stored.generation)}) and matches the rules of now (${String(ledger.generation)}): ${usesText(now.uses)}`,
    );
  }
  return violations;
}

/** What an event is after the revisions since it was last decided as a whole, and what is wrong with them. */
function afterRevisions(
  ledger: Ledger,
  sent: SentEvent,
  decision: Outcome,
  revisions: readonly OutcomeRevision[],
): readonly [Outcome, ...string[]] {
  const wrong: string[] = [];
  let outcome = decision;
  const last = revisions.findLastIndex(({ kept }) => !kept);
  for (const [index, revision] of revisions.entries()) {
    const { kind, ruleId, belowVersion, generation } = revision;
    const saved = [...ledger.pastChanges].some(
      ([of, change]) =>
        of <= generation &&
        change.kind === kind &&
        change.ruleId === ruleId &&
        change.belowVersion === belowVersion,
    );
    if (!saved) wrong.push(`was revised by a ${kind} of ${ruleId} that nobody asked for`);
    if (index <= last) continue;
    const then = ledger.history.get(generation);
    const kept = 'uses' in outcome ? keptOf(outcome.uses, revision) : undefined;
    if (then === undefined || kept === undefined || kept.length === 0) {
      wrong.push(`was revised by a ${kind} of ${ruleId} that had nothing to do with it`);
      continue;
    }
    outcome = { uses: revisedUses(sent, kept, revision, then) };
  }
  return [outcome, ...wrong];
}

interface UseLike {
  readonly featureId: string;
  readonly delta: string;
  readonly ruleId?: string | undefined;
}

const usesText = (uses: readonly UseLike[]): string =>
  JSON.stringify(uses.map(({ featureId, delta, ruleId }) => [featureId, delta, ruleId ?? null]).sort());

/** Rows, groups and unmapped events say the same. */
function unmappedIndex({ dynamo }: Rest, events: Events): string[] {
  const violations: string[] = [];
  const rows = new Set<string>();
  const counts = new Map<string, Map<string, number>>();
  const byKey = new Map([...events.values()].map((event) => [event.record.key, event]));
  for (const { record } of events.values()) {
    if (record.state !== 'unmapped' || record.unmappedIn === undefined) continue;
    const reasons = counts.get(record.unmappedIn) ?? new Map<string, number>();
    const reason = record.reason ?? '';
    counts.set(record.unmappedIn, reasons.set(reason, (reasons.get(reason) ?? 0) + 1));
  }
  const groups = new Set<string>();
  for (const wire of dynamo.items(TABLES.events)) {
    const [pk, sk] = [textOf(wire, 'pk'), textOf(wire, 'sk')];
    if (pk.startsWith('q#')) violations.push(`an event is listed as quarantined`);
    if (pk.startsWith('n#') || pk.startsWith('f#')) {
      rows.add(`${pk} ${sk}`);
      const event = byKey.get(sk)?.record;
      if (event?.state !== 'unmapped' || event.unmappedIn !== pk)
        violations.push(
          `${pk} has a row of ${event?.messageId ?? sk}, which is ${event?.state ?? 'unknown'}`,
        );
    }
    if (!pk.startsWith('inbox#')) continue;
    const shard = fromGroupItem(toItem(wire));
    groups.add(shard.unmappedIn);
    if (shard.swept > shard.fence) violations.push(`${sk} is swept beyond its fence`);
    const wanted = counts.get(shard.unmappedIn) ?? new Map<string, number>();
    if (textOfCounts(shard.counts) !== textOfCounts(wanted) || shard.count !== sum([...wanted.values()]))
      violations.push(`${sk} counts ${textOfCounts(shard.counts)} and not ${textOfCounts(wanted)}`);
  }
  for (const { record } of events.values()) {
    if (record.state !== 'unmapped') continue;
    if (!rows.has(`${record.unmappedIn ?? ''} ${record.key}`))
      violations.push(`${record.messageId} is unmapped and in no list`);
    if (!groups.has(record.unmappedIn ?? ''))
      violations.push(`${record.messageId} is in a group that is not listed`);
  }
  return violations;
}

const textOfCounts = (counts: ReadonlyMap<string, number>): string =>
  JSON.stringify([...counts].filter(([, count]) => count !== 0).sort());

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

interface Amount {
  sum: bigint;
  count: number;
}

type Amounts = Map<string, Amount>;

function addTo(amounts: Amounts, key: string, delta: string, count: number): void {
  const known = amounts.get(key) ?? { sum: 0n, count: 0 };
  amounts.set(key, { sum: known.sum + micros(delta), count: known.count + count });
}

/** What the stored outcomes count. */
function* storedUses(events: Events) {
  for (const { record } of events.values()) {
    if ((record.state !== 'mapped' && record.state !== 'erased') || record.outcome === undefined) continue;
    const iso = new Date(record.time).toISOString();
    // What an erased event counted stays with the features, and is nobody's.
    const userId = record.state === 'mapped' ? record.userId : undefined;
    for (const { featureId, delta } of fromStoredOutcome(record.outcome).uses ?? [])
      yield { userId, featureId, delta, day: iso.slice(0, 10), hour: iso.slice(11, 13) };
  }
}

/** The usage of the stored outcomes: rows of users and of features, by day and by hour. */
function usageOf(events: Events): Amounts {
  const amounts: Amounts = new Map();
  for (const { userId, featureId, delta, day, hour } of storedUses(events)) {
    for (const who of userId === undefined ? ['everybody'] : [`user ${userId}`, 'everybody']) {
      addTo(amounts, `${who} ${featureId} ${day}`, delta, 1);
      addTo(amounts, `${who} ${featureId} ${day} ${hour}`, delta, 1);
    }
  }
  return amounts;
}

function usageRows({ dynamo, ledger }: Rest, events: Events): string[] {
  const userOf = new Map<string, string>(
    [...ledger.messages.values()].flatMap(({ bodies }) =>
      bodies.map(({ userId }) => [`u#${keyPartOf(userId)}`, userId] as const),
    ),
  );
  const found: Amounts = new Map();
  for (const wire of dynamo.items(TABLES.usage)) {
    const row = fromUsageItem(toItem(wire));
    const [pk, sk] = [textOf(wire, 'pk'), textOf(wire, 'sk')];
    if (pk.startsWith('arrivals#')) continue;
    const userId = userOf.get(pk);
    const part = userId === undefined ? pk.split('#')[1] : sk.split('#')[0];
    const key = `${userId === undefined ? 'everybody' : `user ${userId}`} ${part?.slice(1) ?? ''} ${row.day}`;
    addTo(found, key, row.sum, row.count);
    for (const [hour, { sum, count }] of row.hours)
      addTo(found, `${key} ${String(hour).padStart(2, '0')}`, sum, count);
  }
  return differences('the rows hold', found, usageOf(events));
}

function differences(what: string, found: Amounts, wanted: Amounts): string[] {
  const keys = new Set([...found.keys(), ...wanted.keys()]);
  return [...keys].flatMap((key) => {
    const [a, b] = [found.get(key), wanted.get(key)];
    const same = (a?.sum ?? 0n) === (b?.sum ?? 0n) && (a?.count ?? 0) === (b?.count ?? 0);
    if (same) return [];
    return [`${key}: ${what} ${textOfAmount(a)} where the outcomes say ${textOfAmount(b)}`];
  });
}

const textOfAmount = (amount: Amount | undefined): string =>
  `${String(amount?.sum ?? 0)} millionths in ${String(amount?.count ?? 0)} events`;

const DAYS = { from: '2026-01-01', to: '2027-01-01' };

/** The same through the store that the API reads with. */
async function usageAsRead({ clients, ledger }: Rest, events: Events): Promise<string[]> {
  const store = new UsageStore(clients.dynamo, TABLES.usage);
  const found: Amounts = new Map();
  const take =
    (who: string) => (day: { featureId: string; row: { day: string; sum: string; count: number } }) => {
      addTo(found, `${who} ${day.featureId} ${day.row.day}`, day.row.sum, day.row.count);
      return true;
    };
  for (const userId of userIdsOf(ledger))
    await store.ofKeys([keyPartOf(userId)], DAYS, take(`user ${userId}`));
  const features = new Set([...ledger.history.values()].flatMap((then) => then.features.map(({ id }) => id)));
  await store.ofEverybody([...features], DAYS, take('everybody'));
  const wanted = new Map([...usageOf(events)].filter(([key]) => /\d{4}-\d\d-\d\d$/.test(key)));
  return differences('is read as', found, wanted);
}

/** The same as the API answers it: of everybody, and of those whose usage is that of several ids. */
async function usageAsAnswered(rest: Rest, events: Events): Promise<string[]> {
  const { answers, violations } = await usageAnswers(rest, userIdsOf(rest.ledger));
  for (const { asked, ofUsers, amounts } of answers) {
    const found: Amounts = new Map();
    const wanted: Amounts = new Map();
    for (const { userId, featureId, day, delta } of storedUses(events))
      if (ofUsers === undefined || (userId !== undefined && ofUsers.includes(userId)))
        addTo(wanted, `${featureId} ${day}`, delta, 1);
    for (const { what, sum, count } of amounts) addTo(found, what, sum, count);
    violations.push(...differences(`the API answers${asked}`, found, wanted));
  }
  return violations;
}

const userIdsOf = (ledger: Ledger): ReadonlySet<string> =>
  new Set([...ledger.messages.values()].flatMap(({ bodies }) => bodies.map(({ userId }) => userId)));

/** A user exists exactly when an event of theirs has its outcome, and is the sum of what was said about them. */
async function users(rest: Rest, events: Events): Promise<string[]> {
  const { clients, ledger } = rest;
  const boundaries = boundariesOf(rest);
  const violations: string[] = [];
  const ids = userIdsOf(ledger);
  const found = await new UserStore(clients.dynamo, TABLES.users).getMany(ids);
  for (const userId of ids) {
    const own = [...events.values()].filter(
      ({ record }) => record.userId === userId && record.state !== 'received' && record.state !== 'erased',
    );
    const user = found.get(userId);
    // After an erasure, an event that waits for its outcome is enough for its id to go on.
    const waits =
      boundaries.has(keyPartOf(userId)) &&
      [...events.values()].some(({ record }) => record.userId === userId && record.state === 'received');
    if ((user !== undefined) !== own.length > 0 && !(user !== undefined && waits)) {
      violations.push(`user ${userId} ${user === undefined ? 'does not exist' : 'exists without an event'}`);
      continue;
    }
    for (const field of ['name', 'email', 'billingId'] as const) {
      const [last] = own
        .flatMap(({ record, sent }) => {
          const value = sent.type === 'identify' ? sent.traits[field] : undefined;
          // A billing id of somebody else; that somebody has it is among the invariants of users.
          const { notes = [] } = fromStoredOutcome(record.outcome ?? '');
          if (field === 'billingId' && notes.includes('billing_id_taken')) return [];
          return value === undefined ? [] : [{ value, time: record.time, key: eventKeyOf(record.messageId) }];
        })
        .sort((a, b) => b.time - a.time || (a.key < b.key ? 1 : -1));
      // What was said under the id, whatever the id is merged into: the profile of a user follows from it.
      if (user?.said[field]?.value !== last?.value)
        violations.push(
          `user ${userId} was told the ${field} ${user?.said[field]?.value ?? '–'} and not ${last?.value ?? '–'}`,
        );
    }
  }
  return violations;
}

/** The index by user has caught up, and lists every stored event of each user once, newest first. */
async function timelines({ clients, ledger }: Rest, events: Events): Promise<string[]> {
  const { dynamo } = clients;
  const list = new EventList(
    dynamo,
    TABLES.events,
    new EventStore(dynamo, TABLES.events),
    new UnmappedStore(dynamo, TABLES.events),
  );
  const violations: string[] = [];
  for (const userId of userIdsOf(ledger)) {
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list.ofIds([keyPartOf(userId)], {}, 7, cursor);
      keys.push(...page.rows.map(({ key }) => key));
      cursor = page.cursor;
    } while (cursor !== undefined);
    const wanted = [...events.values()]
      .filter(({ record }) => record.userId === userId)
      .sort((a, b) => b.record.time - a.record.time || (a.record.key < b.record.key ? 1 : -1))
      .map(({ record }) => record.key);
    if (keys.join(' ') !== wanted.join(' '))
      violations.push(`the timeline of user ${userId} is not its events`);
  }
  return violations;
}

/** Every change of the past has come to its end. */
async function pastIsDone({ clients, ledger }: Rest): Promise<string[]> {
  const revised = await new JobStore(clients.dynamo, TABLES.operations).revisedGeneration();
  return [...ledger.pastChanges]
    .filter(([generation]) => generation > revised)
    .map(([generation, { kind, ruleId }]) => `the ${kind} of ${ruleId} in ${String(generation)} is not done`);
}

/** Whoever asked whether usage is right was told that it is: it moved at most while they asked. */
async function reconciliations({ clients, ledger }: Rest): Promise<string[]> {
  const store = new ReconciliationStore(clients.dynamo, TABLES.operations);
  const runs = await Promise.all([...ledger.reconciliations].map((id) => store.get(id)));
  return runs.flatMap((run) =>
    run?.status === 'done' && run.differenceCount === 0
      ? []
      : [`a reconciliation is ${run?.status ?? 'lost'}, with ${String(run?.differenceCount)} differences`],
  );
}

/** Pk of an event, for whoever prints a violation. */
export const pkOf = (messageId: string): string => eventPk(eventKeyOf(messageId));
