import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod/mini';
import type { StoredEvent, StoredEventHead } from '../core/decide-event.ts';
import type { FeatureUse } from '../core/decide-track.ts';
import type { IdentifyEffect, IdentifyRow, MergeRefusal } from '../core/identity/decide-identify.ts';
import { isJsonObject, parseJson } from '../core/json-value.ts';
import type { Dialect, EventType } from '../core/segment-event.ts';
import { UNMAPPED_REASONS, type UnmappedReason } from '../core/unmapped-group.ts';
import {
  B,
  DamagedItemError,
  N,
  readB,
  readN,
  readOneOf,
  readOptionalN,
  readOptionalS,
  readS,
  readText,
  S,
  T,
  type Item,
} from './attributes.ts';
import { BODY_DICTIONARY } from './body-dictionary.ts';
import { keyPartOf } from './keys.ts';

// The stored form of an event. The item's attributes are what lists and decisions need without the body; the body is the
// sender's own JSON text, deflated, never a DynamoDB map (32 levels, no empty keys, `__proto__`, integers above 2^53).

/** `erased`: only a marker is left (adapters/erase-plan.ts), so that the messageId stays known and totals can be recomputed. */
export const EVENT_STATES = ['received', 'mapped', 'unmapped', 'applied', 'quarantined', 'erased'] as const;
export type EventState = (typeof EVENT_STATES)[number];

/** Bodies that deflate to more go to items of their own, so that a transaction of many events stays under 4 MB. */
export const INLINE_BODY_BYTES_MAX = 32 * 1024;
/** DynamoDB items end at 400 KB, keys and names included. */
export const BODY_CHUNK_BYTES_MAX = 390 * 1024;

/**
 * zlib clears a quarter of a megabyte for each text, and Node allocates 16 KB for its answer: for a short text both take
 * as long as deflating it. The window is as long as the dictionary and most events together, so the result is as small; any
 * inflate reads it.
 */
const SHORT_TEXT_LENGTH_MAX = 4_000;
const FOR_SHORT_TEXT = { windowBits: 13, memLevel: 5, chunkSize: 2_048, dictionary: BODY_DICTIONARY };
const FOR_LONG_TEXT = { dictionary: BODY_DICTIONARY };
const INFLATE = { chunkSize: 2_048 };
const INFLATE_WITH_DICTIONARY = { ...INFLATE, dictionary: BODY_DICTIONARY };

export type TimeNote = 'missing' | 'invalid' | 'future';
const TIME_NOTES = ['missing', 'invalid', 'future'] as const;

export interface NewEvent extends StoredEventHead {
  readonly messageId: string;
  readonly dialect: Dialect;
  readonly timeNote?: TimeNote;
  /** The id of the API key that the request carried. */
  readonly apiKeyId: string;
  readonly text: string;
}

/** What an event became, with everything that explain, revert and reconcile need. */
export interface EventOutcome {
  /** The generation of the ruleset that decided. */
  readonly generation: number;
  readonly decidedAt: number;
  readonly uses?: readonly FeatureUse[];
  /** Of an identify: the row of the decision table that applied, and what it did. */
  readonly identify?: {
    readonly row: IdentifyRow;
    readonly effect: IdentifyEffect;
    readonly refusal?: MergeRefusal | undefined;
    readonly mergeId?: string | undefined;
  };
  readonly notes?: readonly string[];
  /** Why a quarantined event failed. */
  readonly error?: string;
  /** The latest changes of the past that touched it, oldest first. */
  readonly revisions?: readonly OutcomeRevision[];
}

/** A rule that counted the event was reverted or recounted. */
export interface OutcomeRevision {
  readonly kind: 'revert' | 'recount';
  readonly ruleId: string;
  /** What versions below this one had counted was taken back. */
  readonly belowVersion: number;
  /** The generation of the ruleset that it was revised by. */
  readonly generation: number;
  readonly at: number;
  /** Uses of other rules were kept; otherwise the event was decided again as a whole. */
  readonly kept: boolean;
}

/** An event's item without its body. Of an erased event, messageId and userId are empty. */
export interface EventRecord extends StoredEventHead {
  readonly messageId: string;
  readonly state: EventState;
  readonly dialect: Dialect;
  readonly apiKeyId: string;
  readonly timeNote?: TimeNote;
  readonly outcome?: string;
  readonly reason?: UnmappedReason;
  /** The partition of the unmapped index that holds the event's row. */
  readonly unmappedIn?: string;
  /** When and by whom it was sent back from quarantine, the last time, and why it had been there. */
  readonly redriven?: { readonly at: number; readonly by: string; readonly error?: string };
  /** When a different body under the same messageId was refused. */
  readonly conflictAt?: number;
  /** When it was erased with its user. */
  readonly erasedAt?: number;
  /** No decision made with an older ruleset may be committed for this event any more. */
  readonly fence?: number;
}

export const eventPk = (eventKey: string): string => `e#${eventKey}`;
export const EVENT_SK = 'e';

/** The sort key of the by-user index: time first, so that a timeline is one query. */
export const timelineKey = (time: number, eventKey: string): string =>
  `${String(time).padStart(13, '0')}#${eventKey}`;

export interface BodyItems {
  /** The attributes that carry the body in the event's item. */
  readonly inline: Item;
  /** Items to be written before it; empty for a body that fits. */
  readonly chunks: readonly Item[];
}

/** `digest` tells chunks of a second body under the same messageId from those of the first, which must not change. */
export function toBodyItems(eventKey: string, text: string, digest: () => string): BodyItems {
  const deflated = deflateBody(text);
  if (deflated.byteLength <= INLINE_BODY_BYTES_MAX) return { inline: { b: B(deflated) }, chunks: [] };
  const id = digest();
  const chunks: Item[] = [];
  for (let start = 0; start < deflated.byteLength; start += BODY_CHUNK_BYTES_MAX) {
    chunks.push({
      pk: S(eventPk(eventKey)),
      sk: S(chunkSk(id, chunks.length)),
      b: B(deflated.subarray(start, start + BODY_CHUNK_BYTES_MAX)),
    });
  }
  return { inline: { bk: S(id), bn: N(chunks.length) }, chunks };
}

export const chunkSk = (digest: string, index: number): string =>
  `b#${digest}#${String(index).padStart(3, '0')}`;

export function toEventItem(event: NewEvent, body: Item): Item {
  const userKey = keyPartOf(event.userId);
  return {
    pk: S(eventPk(event.key)),
    sk: S(EVENT_SK),
    id: T(event.messageId),
    st: S('received'),
    ty: S(event.type),
    u: S(userKey),
    // A plain id can be read off its key part.
    ...(!userKey.startsWith('=') && { ui: T(event.userId) }),
    t: S(timelineKey(event.time, event.key)),
    ra: N(event.receivedAt),
    ...(event.name !== undefined && { en: T(event.name) }),
    ...(event.timeNote !== undefined && { tn: S(event.timeNote) }),
    di: S(event.dialect),
    ak: S(event.apiKeyId),
    ...body,
  };
}

export function fromEventItem(item: Item): EventRecord {
  const timeNote = item['tn'] === undefined ? undefined : readOneOf(item, 'tn', TIME_NOTES);
  const reason = item['r'] === undefined ? undefined : readOneOf(item, 'r', UNMAPPED_REASONS);
  const outcome = readOptionalS(item, 'o');
  const unmappedIn = readOptionalS(item, 'x');
  const conflictAt = readOptionalN(item, 'cf');
  const redriven = readRedriven(item);
  const erasedAt = readOptionalN(item, 'ea');
  const fence = readOptionalN(item, 'fence');
  const type: EventType = readOneOf(item, 'ty', ['identify', 'track']);
  const time = Number(readS(item, 't').slice(0, 13));
  if (!Number.isSafeInteger(time)) throw new DamagedItemError('The stored event has no readable time.');
  const state = readOneOf(item, 'st', EVENT_STATES);
  // Of an erased event both ids are gone.
  const isErased = state === 'erased';
  const userKey = isErased ? '=' : readS(item, 'u');
  return {
    key: readS(item, 'pk').slice(eventPk('').length),
    messageId: isErased ? '' : readText(item, 'id'),
    state,
    type,
    userId: userKey.startsWith('=') ? userKey.slice(1) : readText(item, 'ui'),
    ...(item['en'] !== undefined && { name: readText(item, 'en') }),
    time,
    receivedAt: readN(item, 'ra'),
    dialect: readOneOf(item, 'di', ['webhook', 'tracking']),
    apiKeyId: readS(item, 'ak'),
    ...(timeNote !== undefined && { timeNote }),
    ...(outcome !== undefined && { outcome }),
    ...(reason !== undefined && { reason }),
    ...(unmappedIn !== undefined && { unmappedIn }),
    ...(redriven !== undefined && { redriven }),
    ...(conflictAt !== undefined && { conflictAt }),
    ...(erasedAt !== undefined && { erasedAt }),
    ...(fence !== undefined && { fence }),
  };
}

const redrivenSchema = z.object({ at: z.number(), by: z.string(), error: z.optional(z.string()) });

function readRedriven(item: Item): EventRecord['redriven'] {
  const stored = readOptionalS(item, 'rd');
  if (stored === undefined) return undefined;
  const json = parseJson(stored);
  const parsed = z.safeParse(redrivenSchema, json.ok ? json.value : undefined);
  if (!parsed.success) throw new DamagedItemError('The stored event has no readable redrive.');
  const { at, by, error } = parsed.data;
  return { at, by, ...(error !== undefined && { error }) };
}

/** Where the items are that carry a body which is too long for the event's own. */
export interface BodyParts {
  readonly digest: string;
  readonly chunks: number;
}

/** The body's bytes when the item carries them itself; otherwise where to read them. */
export function bodyOf(item: Item): { readonly deflated: Uint8Array } | BodyParts {
  if (item['b'] !== undefined) return { deflated: readB(item, 'b') };
  return { digest: readS(item, 'bk'), chunks: readN(item, 'bn') };
}

/**
 * Stands before what was deflated with BODY_DICTIONARY. A deflated text never begins so, since the bits 1 and 2 would say a
 * kind of block that there is not (RFC 1951, 3.2.3); the five bits above are the number of the dictionary. Bodies from
 * before there was one have no mark.
 */
const WITH_DICTIONARY = 0b0000_0110;

/** What is stored of an event's text; `inflateBody` reads it back. */
export function deflateBody(text: string): Uint8Array {
  const options = text.length <= SHORT_TEXT_LENGTH_MAX ? FOR_SHORT_TEXT : FOR_LONG_TEXT;
  return Buffer.concat([Buffer.of(WITH_DICTIONARY), deflateRawSync(text, options)]);
}

/** The sender's JSON text. Throws DamagedItemError where the bytes are not what was written. */
export function inflateBody(deflated: Uint8Array): string {
  try {
    const text =
      deflated[0] === WITH_DICTIONARY
        ? inflateRawSync(deflated.subarray(1), INFLATE_WITH_DICTIONARY)
        : inflateRawSync(deflated, INFLATE);
    return text.toString('utf8');
  } catch {
    throw new DamagedItemError('The stored body of an event cannot be read.');
  }
}

export function toStoredEvent(record: EventRecord, text: string): StoredEvent {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) {
    throw new DamagedItemError('The stored body of an event is not a JSON object.');
  }
  const { key, type, userId, name, time, receivedAt } = record;
  return {
    key,
    type,
    userId,
    ...(name !== undefined && { name }),
    time,
    receivedAt,
    payload: parsed.value,
    text,
  };
}
