import { fieldLookup } from './field-lookup.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';

// What counts as an event that Tallyhook can store, and what the sender is told otherwise. One JSON value comes in; an
// accepted event or a reason comes out. Both dialects (webhook and tracking) share these checks: they differ only in
// how the reason is answered over HTTP.

export type EventType = 'identify' | 'track';
export type Dialect = 'webhook' | 'tracking';

export interface AcceptedEvent {
  readonly type: EventType;
  /** Absent when the sender gave none: ingest then assigns one (Segment's HTTP API does the same). */
  readonly messageId?: string;
  readonly userId: string;
  /** The event name; only for track. */
  readonly name?: string;
}

export type RejectionCode =
  | 'invalid_event'
  | 'missing_type'
  | 'unsupported_type'
  | 'missing_user_id'
  | 'invalid_user_id'
  | 'missing_event_name'
  | 'invalid_traits'
  | 'invalid_properties'
  | 'invalid_feature_id'
  | 'event_too_large';

export interface Rejection {
  readonly code: RejectionCode;
  /** 501: Segment discards it and shows "unsupported"; 400: the sender can mend it. Segment retries neither. */
  readonly status: 400 | 501;
  /** Names the field and the remedy, and never quotes a value: Segment groups failures by message, and values are personal. */
  readonly message: string;
}

export type CheckedEvent =
  | { readonly ok: true; readonly event: AcceptedEvent }
  | { readonly ok: false; readonly rejection: Rejection };

const KNOWN_UNSUPPORTED = new Set(['page', 'screen', 'group', 'alias']);

const typeOf = fieldLookup('type');
const userIdOf = fieldLookup('userId');
const anonymousIdOf = fieldLookup('anonymousId');
const messageIdOf = fieldLookup('messageId');
const eventOf = fieldLookup('event');
const traitsOf = fieldLookup('traits');
const propertiesOf = fieldLookup('properties');
const featureIdOf = fieldLookup('featureId');

const reject = (code: RejectionCode, message: string, status: 400 | 501 = 400): CheckedEvent => ({
  ok: false,
  rejection: { code, status, message },
});

/**
 * Checks one event as the sender wrote it. `pathType` is the type that a tracking path such as `/v1/track` implies; it
 * stands in for a missing `type` only.
 */
export function checkEvent(payload: JsonValue, pathType?: string): CheckedEvent {
  if (!isJsonObject(payload)) return reject('invalid_event', 'The event must be a JSON object.');
  const type = typeOf(payload) ?? pathType;
  if (typeof type !== 'string' || type.trim() === '') {
    return reject(
      'missing_type',
      'type is missing: send the whole Segment event, with type "identify" or "track".',
    );
  }
  const lowered = type.trim().toLowerCase();
  if (lowered !== 'identify' && lowered !== 'track') {
    return reject(
      'unsupported_type',
      KNOWN_UNSUPPORTED.has(lowered)
        ? `${lowered} events are not supported: only identify and track count for usage. Filter them out in Segment.`
        : 'This type of event is not supported: only identify and track count for usage.',
      501,
    );
  }
  const userId = readUserId(payload);
  if (!userId.ok) return userId;
  const messageId = readMessageId(payload);
  if (lowered === 'identify') {
    const traits = traitsOf(payload) ?? null;
    if (traits !== null && !isJsonObject(traits))
      return reject('invalid_traits', 'traits must be an object, or left out.');
    return { ok: true, event: { type: lowered, userId: userId.value, ...messageId } };
  }
  const name = eventOf(payload);
  if (typeof name !== 'string' || name.trim() === '') {
    return reject('missing_event_name', 'event is missing: a track event needs its name in the field event.');
  }
  const properties = propertiesOf(payload) ?? null;
  if (properties !== null && !isJsonObject(properties)) {
    return reject('invalid_properties', 'properties must be an object, or left out.');
  }
  if (properties !== null) {
    const featureId = featureIdOf(properties) ?? null;
    if (featureId !== null && typeof featureId !== 'string' && typeof featureId !== 'number') {
      return reject(
        'invalid_feature_id',
        'properties.featureId must be a string: the id of one feature. Send one event per feature.',
      );
    }
  }
  return { ok: true, event: { type: lowered, userId: userId.value, name, ...messageId } };
}

type UserIdRead = { readonly ok: true; readonly value: string } | Extract<CheckedEvent, { ok: false }>;

function readUserId(payload: JsonObject): UserIdRead {
  const userId = userIdOf(payload) ?? null;
  if (typeof userId === 'string' && userId.trim() !== '') return { ok: true, value: userId };
  if (typeof userId === 'number') {
    // JSON.parse rounds integers above 2^53, so two different ids could become one person.
    if (Number.isInteger(userId) && !Number.isSafeInteger(userId)) {
      return invalidUserId(
        'userId is a number above 2^53, which JSON cannot carry exactly: send it as a string.',
      );
    }
    // 1e400 parses to Infinity.
    if (Number.isFinite(userId)) return { ok: true, value: String(userId) };
  }
  if (userId === null || userId === '' || (typeof userId === 'string' && userId.trim() === '')) {
    const anonymous = anonymousIdOf(payload) ?? null;
    return {
      ok: false,
      rejection: {
        code: 'missing_user_id',
        status: 400,
        message:
          anonymous === null
            ? 'userId is missing: usage needs to know whose it is.'
            : 'userId is missing: anonymous events are not supported. Send a userId, or filter anonymous events out in Segment.',
      },
    };
  }
  return invalidUserId('userId must be a string or a number.');
}

function invalidUserId(message: string): Extract<CheckedEvent, { ok: false }> {
  return { ok: false, rejection: { code: 'invalid_user_id', status: 400, message } };
}

function readMessageId(payload: JsonObject): { messageId?: string } {
  const messageId = messageIdOf(payload) ?? null;
  if (typeof messageId === 'string' && messageId !== '') return { messageId };
  if (typeof messageId === 'number' && Number.isFinite(messageId)) return { messageId: String(messageId) };
  return {};
}
