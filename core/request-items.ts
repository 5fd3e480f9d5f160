import { eventTime, type EventTime } from './timestamp.ts';
import { fieldLookup } from './field-lookup.ts';
import { isJsonObject, ownValue, parseJson, type JsonObject, type JsonValue } from './json-value.ts';
import { arrayElementSlices, memberSlice, memberSlices } from './json-slices.ts';
import { checkEvent, type AcceptedEvent, type Dialect, type Rejection } from './segment-event.ts';

// From the body of a request to its events, each with the very text that its sender wrote. The webhook dialect has one
// event or an array of events; the tracking dialect has one event, or a batch in an envelope.

export type RequestItem =
  | {
      readonly ok: true;
      readonly event: AcceptedEvent;
      readonly at: EventTime;
      /** The JSON text to store: the sender's, with an envelope's additions put in. */
      readonly text: string;
    }
  | { readonly ok: false; readonly rejection: Rejection; readonly messageId?: string };

export interface RequestContext {
  readonly dialect: Dialect;
  readonly pathType?: string;
  readonly receivedAt: number;
}

/** Segment's limit for one event on its tracking API; its SDKs keep to it. */
export const TRACKING_EVENT_BYTES_MAX = 32 * 1024;

export type RequestItems =
  /** `many`: the sender expects an answer per item. */
  | { readonly ok: true; readonly many: boolean; readonly items: readonly RequestItem[] }
  | { readonly ok: false; readonly message: string };

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

function webhookItems(body: JsonValue, text: string, context: RequestContext): RequestItems {
  if (isJsonObject(body)) return { ok: true, many: false, items: [readItem(body, text, context)] };
  if (!Array.isArray(body)) {
    return { ok: false, message: 'The body must be one Segment event (a JSON object) or an array of them.' };
  }
  if (body.length === 0) return { ok: false, message: 'The array holds no events.' };
  const slices = arrayElementSlices(text);
  const items = body.map((value, index) => {
    const slice = slices[index];
    return readItem(...unwrap(value, slice === undefined ? '' : text.slice(slice.start, slice.end)), context);
  });
  return { ok: true, many: true, items };
}

/** Segment's extensible webhook sends its batches as `[{"json": event}]` or `[{"body": "event as text"}]`. */
function unwrap(value: JsonValue, text: string): [JsonValue, string] {
  if (!isJsonObject(value) || ownValue(value, 'type') !== undefined) return [value, text];
  const json = ownValue(value, 'json');
  const slice = isJsonObject(json) ? memberSlice(text, 'json') : undefined;
  if (json !== undefined && slice !== undefined) return [json, text.slice(slice.start, slice.end)];
  const body = ownValue(value, 'body');
  if (typeof body !== 'string') return [value, text];
  const parsed = parseJson(body);
  return parsed.ok && isJsonObject(parsed.value) ? [parsed.value, body] : [value, text];
}

function trackingItems(body: JsonValue, text: string, context: RequestContext): RequestItems {
  if (!isJsonObject(body)) return { ok: false, message: 'The body must be a JSON object.' };
  if (context.pathType !== undefined) {
    return { ok: true, many: false, items: [readItem(body, withoutWriteKey(body, text), context)] };
  }
  const batch = ownValue(body, 'batch');
  if (!Array.isArray(batch))
    return { ok: false, message: 'The body needs a field batch: an array of events.' };
  const slice = memberSlice(text, 'batch');
  const slices = slice === undefined ? [] : arrayElementSlices(text, slice.start);
  const items = batch.map((value, index) => {
    const at = slices[index];
    return trackingItem(value, at === undefined ? '' : text.slice(at.start, at.end), body, context);
  });
  return { ok: true, many: true, items };
}

function trackingItem(
  value: JsonValue,
  text: string,
  envelope: JsonObject,
  context: RequestContext,
): RequestItem {
  if (!isJsonObject(value)) return readItem(value, text, context);
  const additions = envelopeAdditions(value, envelope);
  const sentAt = sentAtOf(value) ?? sentAtOf(envelope);
  return readItem(value, addMembers(withoutWriteKey(value, text), additions), context, sentAt);
}

/** What an envelope says about each of its items; where both say something, the item wins, key by key. */
function envelopeAdditions(item: JsonObject, envelope: JsonObject): JsonObject {
  const additions: JsonObject = {};
  for (const name of ['context', 'integrations']) {
    const shared = ownValue(envelope, name);
    if (!isJsonObject(shared)) continue;
    const own = ownValue(item, name) ?? null;
    additions[name] = isJsonObject(own) ? { ...shared, ...own } : shared;
  }
  return additions;
}

/**
 * Adds members at the end of an object's text. Of duplicate keys JSON.parse keeps the last, so they replace what was
 * there, and every other byte stays as the sender wrote it.
 */
function addMembers(text: string, members: JsonObject): string {
  const added = JSON.stringify(members);
  if (added === '{}') return text;
  const end = text.lastIndexOf('}');
  const comma = memberSlices(text).length === 0 ? '' : ',';
  return `${text.slice(0, end)}${comma}${added.slice(1)}`;
}

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
  const checked = checkEvent(value, context.pathType);
  if (!checked.ok) {
    const messageId = isJsonObject(value) ? messageIdOf(value) : undefined;
    return { ok: false, rejection: checked.rejection, ...(typeof messageId === 'string' && { messageId }) };
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
  return { ok: true, event: checked.event, at, text };
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
