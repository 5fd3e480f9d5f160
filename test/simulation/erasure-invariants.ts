import { eventPk, type EventRecord } from '../../adapters/event-item.ts';
import { hashedKeyOf, keyPartOf } from '../../adapters/keys.ts';
import { MINUTE } from './deployment.ts';
import { TABLES } from './deployment-names.ts';
import type { Events, Rest } from './invariants.ts';
import { textOf, type Ledger } from './ledger.ts';
import type { WireItem } from './wire-item.ts';

// What must hold of erased users, said a second time: what happened or arrived before the boundary is gone, whatever was
// under way, what came after it is as if the user had just come, and nothing was erased of anybody else.

/** What of an event's item may stay: the last two are numbers of ours, written between the look and the erasing. */
const MARKER = ['pk', 'sk', 'st', 'ty', 't', 'ra', 'di', 'ak', 'ea', 'o', 'cf', 'fence'];

/** The longest that an invocation may take from its look at the index of events to the end. */
const LAST_PASS_MS = 5 * MINUTE;

export function erasureViolations(rest: Rest, events: Events): string[] {
  const { ledger, dynamo } = rest;
  const { erasing } = ledger;
  const boundaries = boundariesOf(rest);
  return [
    ...erasing.wrongs,
    ...tombstones(rest, boundaries),
    ...requests(rest),
    ...[...events].flatMap(([messageId, { record, sent }]) =>
      eventOf(ledger, messageId, record, keyPartOf(sent.userId), boundaries),
    ),
    ...dynamo.items(TABLES.events).flatMap(marker),
    ...traces(rest, events, boundaries),
  ];
}

/** User key → the boundary that its tombstone says. */
export function boundariesOf({ ledger, dynamo }: Rest): ReadonlyMap<string, number> {
  const stored = new Map(
    dynamo
      .items(TABLES.users)
      .filter((item) => textOf(item, 'pk').startsWith('x#'))
      .map((item) => [textOf(item, 'pk'), numberOf(item, 'at')]),
  );
  const keys = [...ledger.messages.values()].flatMap(({ bodies }) =>
    bodies.map(({ userId }) => keyPartOf(userId)),
  );
  const asked = ledger.erasing.erasures.flatMap(({ ids }) => [...ids]);
  return new Map(
    [...new Set([...keys, ...asked])].flatMap((key) => {
      const at = stored.get(`x#${hashedKeyOf(key)}`);
      return at === undefined ? [] : [[key, at] as const];
    }),
  );
}

/** Every id of an erased user has the tombstone, and no id that was never the user's. */
function tombstones({ ledger: { erasing } }: Rest, boundaries: ReadonlyMap<string, number>): string[] {
  const violations: string[] = [];
  for (const erasure of erasing.erasures) {
    const { userKey, boundary, after } = erasure;
    for (const key of erasure.ids) {
      // Of two erasures of one user at the same time, the other may have taken an id apart from this one, also an id that
      // was merged with the user after it was asked for.
      const others = erasing.erasures.filter(
        (each) => !after.has(each) && erasing.everOneWith(each.userKey).has(key),
      );
      const least = key === userKey ? boundary : Math.min(...others.map((each) => each.boundary));
      if ((boundaries.get(key) ?? 0) < least) violations.push(`${key} was not erased with ${userKey}`);
    }
  }
  for (const [key, at] of boundaries) {
    const asked = erasing.erasures.some(
      ({ userKey, boundary }) => boundary === at && erasing.everOneWith(userKey).has(key),
    );
    if (!asked) violations.push(`${key} was erased, and nobody had asked for it`);
  }
  return violations;
}

/** Each erasure came to its end, and its receipt names nobody. */
function requests({ ledger: { erasing }, dynamo }: Rest): string[] {
  const items = dynamo.items(TABLES.operations);
  const violations: string[] = [];
  for (const { id } of erasing.erasures) {
    const own = items.filter((item) => textOf(item, 'pk') === `erasure#${id}`);
    const [head, ...targets] = own.toSorted((a, b) => (textOf(a, 'sk') < textOf(b, 'sk') ? -1 : 1));
    if (head?.['fa'] === undefined) violations.push(`${id} was asked for and is not done`);
    if (head?.['u'] !== undefined || targets.length > 0) violations.push(`${id} still says whom it erased`);
  }
  if (items.some((item) => textOf(item, 'pk') === 'erasing')) violations.push('an erasure is still open');
  const known = new Set(erasing.erasures.map(({ id }) => id));
  for (const id of erasing.acknowledged)
    if (!known.has(id)) violations.push(`${id} was acknowledged and is not stored`);
  return violations;
}

function eventOf(
  ledger: Ledger,
  messageId: string,
  record: EventRecord,
  userKey: string,
  boundaries: ReadonlyMap<string, number>,
): string[] {
  const boundary = boundaries.get(userKey);
  const isOld = boundary !== undefined && Math.min(record.time, record.receivedAt) < boundary;
  if (record.state === 'erased')
    return isOld ? [] : [`${messageId} was erased and is of nobody who is erased`];
  // Of a request that failed while the last pass was under way or later, and that nobody has repeated.
  const isForsaken =
    record.state === 'received' &&
    ledger.messages.get(messageId)?.acknowledged !== true &&
    record.receivedAt > ledger.erasing.endOf(userKey, boundary ?? 0) - LAST_PASS_MS;
  return isOld && !isForsaken ? [`${messageId} is ${record.state}, and its user was erased after it`] : [];
}

/** Nothing but the marker is left, and no part of a body. */
function marker(item: WireItem, _: number, all: readonly WireItem[]): string[] {
  if (textOf(item, 'st') !== 'erased') return [];
  const pk = textOf(item, 'pk');
  const left = Object.keys(item).filter((name) => !MARKER.includes(name));
  if (all.some((other) => other !== item && textOf(other, 'pk') === pk)) left.push('parts of its body');
  return left.length === 0 ? [] : [`${pk.slice(eventPk('').length)} is erased and has ${left.join(', ')}`];
}

/** Of an erased user of whom nothing newer is stored, the id is nowhere. */
function traces({ dynamo, ledger }: Rest, events: Events, boundaries: ReadonlyMap<string, number>): string[] {
  const alive = new Set(
    [...events.values()].filter(({ record }) => record.state !== 'erased').map(({ sent }) => sent.userId),
  );
  const gone = [...ledger.messages.values()]
    .flatMap(({ bodies }) => bodies.map(({ userId }) => userId))
    .filter((userId) => boundaries.has(keyPartOf(userId)) && !alive.has(userId));
  return [...new Set(gone)].flatMap((userId) => {
    const words = [JSON.stringify(userId), `${keyPartOf(userId)}"`, `${keyPartOf(userId)}#`];
    return Object.values(TABLES).flatMap((table) =>
      dynamo.items(table).flatMap((item) => {
        const text = JSON.stringify(item);
        if (!words.some((word) => text.includes(word))) return [];
        return [`${userId} is erased and still in ${table}: ${textOf(item, 'pk')} ${textOf(item, 'sk')}`];
      }),
    );
  });
}

function numberOf(item: WireItem, name: string): number {
  const value = item[name];
  return value !== undefined && 'N' in value ? Number(value.N) : 0;
}
