import { eventTime, type EventTime } from './timestamp.ts';
import { fieldLookup } from './field-lookup.ts';
import { isJsonObject, ownValue, parseJson, type JsonObject, type JsonValue } from './json-value.ts';
import { arrayElementSlices, memberSlice, memberSlices, type JsonSlice } from './json-slices.ts';
import { numberSourceAt } from './number-source.ts';
import {
  checkEvent,
  type AcceptedEvent,
  type Dialect,
  type Rejection,
  type UserDeletion,
} from './segment-event.ts';

// From the body of a request to its events, each with the very text that its sender wrote. The webhook dialect has one
// event or an array of events; the tracking dialect has one event, or a batch in an envelope.

export type RequestItem =
  | {
      readonly ok: true;
      readonly event: AcceptedEvent;
      readonly at: EventTime;
      /** The JSON text to store: the sender's, with an envelope's additions put in. */
      readonly text: string;
      readonly deletion?: undefined;
    }
  | {
      readonly ok: true;
      readonly deletion: UserDeletion;
      readonly at: EventTime;
    }
  | { readonly ok: false; readonly rejection: Rejection; readonly messageId?: string };

export interface RequestContext {
  readonly dialect: Dialect;
  readonly pathType?: string;
  readonly receivedAt: number;
}

/** Segment's limit for one event on its tracking API; its SDKs keep to it. */
export const TRACKING_EVENT_BYTES_MAX = 32 * 1024;

/** Segment's largest batch. */
export const EVENTS_PER_REQUEST_MAX = 4_000;

export type RequestItems =
  /** `many`: the sender expects an answer per item. */
  | { readonly ok: true; readonly many: boolean; readonly items: readonly RequestItem[] }
  | { readonly ok: false; readonly code: 'invalid_body' | 'payload_too_large'; readonly message: string };

const timestampOf = fieldLookup('timestamp');
const originalTimestampOf = fieldLookup('originalTimestamp');
const sentAtOf = fieldLookup('sentAt');
const messageIdOf = fieldLookup('messageId');

/** Reads a parsed body; `text` is what it was parsed from. */
export function requestItems(body: JsonValue, text: string, context: RequestContext): RequestItems {
  return context.dialect === 'webhook'
    ? webhookItems(body, text, context)
    : trackingItems(body, text, context);
}

const invalid = (message: string): RequestItems => ({ ok: false, code: 'invalid_body', message });

const TOO_MANY: RequestItems = {
  ok: false,
  code: 'payload_too_large',
  message: `A request may hold at most ${EVENTS_PER_REQUEST_MAX} events: lower the batch size.`,
};

function webhookItems(body: JsonValue, text: string, context: RequestContext): RequestItems {
  if (isJsonObject(body)) return { ok: true, many: false, items: [readItem(...unwrap(body, text), context)] };
  if (!Array.isArray(body)) {
    return invalid('The body must be one Segment event (a JSON object) or an array of them.');
  }
  if (body.length === 0) return invalid('The array holds no events.');
  // Before anything is made of them: 6 MB of `1,1,1,…` are three million items.
  if (body.length > EVENTS_PER_REQUEST_MAX) return TOO_MANY;
  const slices = arrayElementSlices(text);
  const items = body.map((value, index) => readItem(...unwrap(value, textAt(text, slices[index])), context));
  return { ok: true, many: true, items };
}

const textAt = (text: string, slice: JsonSlice | undefined): string =>
  slice === undefined ? '' : text.slice(slice.start, slice.end);

/**
 * The event inside of what some senders put around it: Segment's extensible webhook sends its batches as
 * `[{"json": event}]` or `[{"body": "event as text"}]`, and the example of a destination function posts `{event}`. An
 * event of its own has a type, and its `event`, if any, is a name.
 */
function unwrap(value: JsonValue, text: string): [JsonValue, string] {
  if (!isJsonObject(value) || ownValue(value, 'type') !== undefined) return [value, text];
  for (const wrapper of ['json', 'event']) {
    const inner = ownValue(value, wrapper);
    if (isJsonObject(inner)) return [inner, textAt(text, memberSlice(text, wrapper))];
  }
  const body = ownValue(value, 'body');
  if (typeof body !== 'string') return [value, text];
  const parsed = parseJson(body);
  return parsed.ok && isJsonObject(parsed.value) ? [parsed.value, escapeLoneSurrogates(body)] : [value, text];
}

/**
 * JSON inside of a JSON string may hold half a surrogate pair as it is, which UTF-8, and so the store, cannot. It stands in
 * a string of that JSON, so it may as well be written as an escape.
 */
const escapeLoneSurrogates = (json: string): string =>
  json.replaceAll(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);

function trackingItems(body: JsonValue, text: string, context: RequestContext): RequestItems {
  if (!isJsonObject(body)) return invalid('The body must be a JSON object.');
  if (context.pathType !== undefined) {
    return { ok: true, many: false, items: [readItem(body, withoutWriteKey(body, text), context)] };
  }
  const batch = ownValue(body, 'batch');
  if (!Array.isArray(batch)) return invalid('The body needs a field batch: an array of events.');
  if (batch.length > EVENTS_PER_REQUEST_MAX) return TOO_MANY;
  const slice = memberSlice(text, 'batch');
  const slices = slice === undefined ? [] : arrayElementSlices(text, slice.start);
  const shared = sharedMembers(body, text);
  const items = batch.map((value, index) => {
    const own = textAt(text, slices[index]);
    if (!isJsonObject(value)) return readItem(value, own, context);
    const sentAt = sentAtOf(value) ?? sentAtOf(body);
    return readItem(value, withShared(value, withoutWriteKey(value, own), shared), context, sentAt);
  });
  return { ok: true, many: true, items };
}

/** What an envelope says about each of its items. */
interface SharedMember {
  readonly name: string;
  /** What stands between the braces of its object. */
  readonly inner: string;
}

function sharedMembers(envelope: JsonObject, text: string): readonly SharedMember[] {
  return ['context', 'integrations'].flatMap((name) => {
    const inner = isJsonObject(ownValue(envelope, name))
      ? innerText(textAt(text, memberSlice(text, name)))
      : '';
    return inner === '' ? [] : [{ name, inner }];
  });
}

/**
 * The text of an item with what its envelope says put in; where both say something, the item wins, key by key. Of
 * duplicate keys JSON.parse keeps the last: so the item's own members are written after the shared ones, and the result
 * after everything else. Every other byte stays as the sender wrote it, and no depth can make it fail.
 */
function withShared(item: JsonObject, text: string, shared: readonly SharedMember[]): string {
  if (shared.length === 0) return text;
  const members = shared.map(({ name, inner }) => {
    const own = isJsonObject(ownValue(item, name)) ? innerText(textAt(text, memberSlice(text, name))) : '';
    return `"${name}":{${own === '' ? inner : `${inner},${own}`}}`;
  });
  const before = innerText(text);
  return `{${before === '' ? '' : `${before},`}${members.join(',')}}`;
}

/** What stands between the braces of an object. */
const innerText = (object: string): string => object.slice(1, -1).trim();

/** The browser SDK repeats its write key in every event. A key is not stored with the event it let in. */
function withoutWriteKey(item: JsonObject, text: string): string {
  if (ownValue(item, 'writeKey') === undefined) return text;
  let cleaned = text;
  for (const { key, start, end } of memberSlices(text).reverse()) {
    if (key === 'writeKey') cleaned = `${cleaned.slice(0, start)}null${cleaned.slice(end)}`;
  }
  return cleaned;
}

function readItem(value: JsonValue, text: string, context: RequestContext, sentAt?: JsonValue): RequestItem {
  const checked = checkEvent(value, context.pathType, (key) => numberSourceAt(text, [key]));
  if (!checked.ok) {
    const messageId = isJsonObject(value) ? messageIdOf(value) : undefined;
    const known = typeof messageId === 'string' && messageId !== '' ? { messageId } : {};
    return { ok: false, rejection: checked.rejection, ...known };
  }
  if (context.dialect === 'tracking' && isLongerInUtf8(text, TRACKING_EVENT_BYTES_MAX)) {
    const message = 'The event is larger than 32 KB, which is the most that the tracking API takes.';
    return { ok: false, rejection: { code: 'event_too_large', status: 400, message } };
  }
  // checkEvent accepts objects only.
  const payload = isJsonObject(value) ? value : {};
  const at = eventTime({
    timestamp: timestampOf(payload),
    originalTimestamp: originalTimestampOf(payload),
    sentAt: sentAt ?? sentAtOf(payload),
    receivedAt: context.receivedAt,
    dialect: context.dialect,
  });
  return checked.deletion === undefined
    ? { ok: true, event: checked.event, at, text }
    : { ok: true, deletion: checked.deletion, at };
}

/** Whether the UTF-8 form has more bytes, without making it. */
function isLongerInUtf8(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return true;
  if (text.length * 3 <= bytesMax) return false;
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Each half of a surrogate pair stands for two of the four bytes.
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3;
  }
  return bytes > bytesMax;
}
