import { fieldKeyLookup, fieldLookup } from './field-lookup.ts';
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
  | 'invalid_message_id'
  | 'missing_event_name'
  | 'invalid_event_name'
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

/** Segment's `delete`: the user is to be erased. It is a request, not an event, and is not stored as one. */
export interface UserDeletion {
  readonly userId: string;
}

export type CheckedEvent =
  | { readonly ok: true; readonly event: AcceptedEvent; readonly deletion?: undefined }
  | { readonly ok: true; readonly event?: undefined; readonly deletion: UserDeletion }
  | { readonly ok: false; readonly rejection: Rejection };

/**
 * Of a userId, messageId, event name or featureId, in UTF-16 units. Far above what Segment allows; all of them together,
 * six bytes a unit at worst, stay within the 400 KB of a DynamoDB item, so that no event is accepted that cannot be stored.
 */
export const ID_LENGTH_MAX = 8_192;

const KNOWN_UNSUPPORTED = new Set(['page', 'screen', 'group', 'alias']);

const typeOf = fieldLookup('type');
const userIdOf = fieldLookup('userId');
const anonymousIdOf = fieldLookup('anonymousId');
const messageIdKeyOf = fieldKeyLookup('messageId');
const eventOf = fieldLookup('event');
const traitsOf = fieldLookup('traits');
const propertiesOf = fieldLookup('properties');
const featureIdOf = fieldLookup('featureId');

type Refused = Extract<CheckedEvent, { ok: false }>;
type TextRead = { readonly ok: true; readonly value: string } | Refused;

const reject = (code: RejectionCode, message: string, status: 400 | 501 = 400): Refused => ({
  ok: false,
  rejection: { code, status, message },
});

const tooLong = (field: string): string => `${field} is longer than ${ID_LENGTH_MAX} characters.`;

/**
 * Checks one event as the sender wrote it. `pathType` is the type that a tracking path such as `/v1/track` implies; it
 * stands in for a missing `type` only. `digitsOf` gives the digits that were written for a number that JSON.parse cannot
 * hold exactly.
 */
export function checkEvent(
  payload: JsonValue,
  pathType?: string,
  digitsOf: (key: string) => string | undefined = () => undefined,
): CheckedEvent {
  if (!isJsonObject(payload)) return reject('invalid_event', 'The event must be a JSON object.');
  const type = readType(payload, pathType);
  if (typeof type !== 'string') return type;
  const userId = readUserId(payload);
  if (!userId.ok) return userId;
  if (type === 'delete') return { ok: true, deletion: { userId: userId.value } };
  const messageId = readMessageId(payload, digitsOf);
  if (messageId !== undefined && messageId.length > ID_LENGTH_MAX)
    return reject('invalid_message_id', tooLong('messageId'));
  const head = { type, userId: userId.value, ...(messageId !== undefined && { messageId }) };
  if (type === 'identify') {
    const traits = traitsOf(payload) ?? null;
    if (traits !== null && !isJsonObject(traits))
      return reject('invalid_traits', 'traits must be an object, or left out.');
    return { ok: true, event: head };
  }
  const name = readName(payload);
  if (!name.ok) return name;
  return checkProperties(payload) ?? { ok: true, event: { ...head, name: name.value } };
}

function readType(payload: JsonObject, pathType: string | undefined): EventType | 'delete' | Refused {
  const type = typeOf(payload) ?? pathType;
  if (typeof type !== 'string' || type.trim() === '') {
    return reject(
      'missing_type',
      'type is missing: send the whole Segment event, with type "identify" or "track".',
    );
  }
  const lowered = type.trim().toLowerCase();
  if (lowered === 'identify' || lowered === 'track' || lowered === 'delete') return lowered;
  return reject(
    'unsupported_type',
    KNOWN_UNSUPPORTED.has(lowered)
      ? `${lowered} events are not supported: only identify and track count for usage. Filter them out in Segment.`
      : 'This type of event is not supported: only identify and track count for usage.',
    501,
  );
}

function readUserId(payload: JsonObject): TextRead {
  const userId = userIdOf(payload) ?? null;
  if (typeof userId === 'string' && userId.length > ID_LENGTH_MAX)
    return reject('invalid_user_id', tooLong('userId'));
  if (typeof userId === 'string' && userId.trim() !== '') return { ok: true, value: userId };
  if (typeof userId === 'number') {
    // JSON.parse rounds integers above 2^53, so two different ids could become one person.
    if (Number.isInteger(userId) && !Number.isSafeInteger(userId)) {
      return reject(
        'invalid_user_id',
        'userId is a number above 2^53, which JSON cannot carry exactly: send it as a string.',
      );
    }
    // 1e400 parses to Infinity.
    if (Number.isFinite(userId)) return { ok: true, value: String(userId) };
  }
  if (userId !== null && typeof userId !== 'string')
    return reject('invalid_user_id', 'userId must be a string or a number.');
  const anonymous = anonymousIdOf(payload) ?? null;
  return reject(
    'missing_user_id',
    anonymous === null
      ? 'userId is missing: usage needs to know whose it is.'
      : 'userId is missing: anonymous events are not supported. Send a userId, or filter anonymous events out in Segment.',
  );
}

/** What is no id at all is as good as none: the event counts, under an id that ingest assigns. */
function readMessageId(
  payload: JsonObject,
  digitsOf: (key: string) => string | undefined,
): string | undefined {
  const key = messageIdKeyOf(payload);
  const messageId = key === undefined ? undefined : payload[key];
  if (key === undefined || messageId === '') return undefined;
  if (typeof messageId === 'string') return messageId;
  if (typeof messageId !== 'number') return undefined;
  // Two ids that round to one number would make the second event a duplicate, and lose it.
  return Number.isSafeInteger(messageId) ? String(messageId) : digitsOf(key);
}

function readName(payload: JsonObject): TextRead {
  const name = eventOf(payload);
  if (typeof name !== 'string' || name.trim() === '') {
    return reject('missing_event_name', 'event is missing: a track event needs its name in the field event.');
  }
  if (name.length > ID_LENGTH_MAX) return reject('invalid_event_name', tooLong('event'));
  return { ok: true, value: name };
}

function checkProperties(payload: JsonObject): Refused | undefined {
  const properties = propertiesOf(payload) ?? null;
  if (properties === null) return undefined;
  if (!isJsonObject(properties)) {
    return reject('invalid_properties', 'properties must be an object, or left out.');
  }
  const featureId = featureIdOf(properties) ?? null;
  if (featureId !== null && typeof featureId !== 'string' && typeof featureId !== 'number') {
    return reject(
      'invalid_feature_id',
      'properties.featureId must be a string: the id of one feature. Send one event per feature.',
    );
  }
  if (typeof featureId === 'string' && featureId.length > ID_LENGTH_MAX)
    return reject('invalid_feature_id', tooLong('properties.featureId'));
  if (
    typeof featureId === 'number' &&
    (!Number.isFinite(featureId) || (Number.isInteger(featureId) && !Number.isSafeInteger(featureId)))
  ) {
    return reject(
      'invalid_feature_id',
      'properties.featureId is a number that JSON cannot carry exactly: send it as a string.',
    );
  }
  return undefined;
}
