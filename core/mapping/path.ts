import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../json-value.ts';
import { RULE_LIMITS } from './limits.ts';

// A path names a place in an event: `properties.plan`, `properties.items[0].sku`, `properties.items[].sku`. It is parsed
// once, when a rule is checked or compiled, and then walked for every event. A place that is not there gives nothing;
// it is never an error. Only an object's own keys are places, so `properties.constructor` finds what the sender sent.
//
// The notation is FQL's: keys joined by dots, and a backslash before a character of a key that would mean something
// else. FQL has no notation for list elements; the brackets are the mapping triggers' (`items[0]`), and `[]` is ours.

/** A key of an object, a position in a list, or every element of a list. */
export type PathSegment = string | number | typeof EVERY_ELEMENT;

export const EVERY_ELEMENT = null;

export interface Path {
  readonly segments: readonly PathSegment[];
  /** The path has a `[]`, so it can lead to several values. */
  readonly many: boolean;
}

export type ParsedPath =
  { readonly ok: true; readonly path: Path } | { readonly ok: false; readonly message: string };

/**
 * The top-level fields of the Segment Spec that a path may start with. Others are refused, because a rule on `plan` or
 * `property.plan` is a slip that would never match. `writeKey` is left out: it is a secret, and explain shows values.
 */
export const EVENT_FIELDS: ReadonlySet<string> = new Set([
  '_metadata',
  'anonymousId',
  'category',
  'channel',
  'context',
  'event',
  'groupId',
  'integrations',
  'messageId',
  'name',
  'originalTimestamp',
  'previousId',
  'projectId',
  'properties',
  'receivedAt',
  'sentAt',
  'timestamp',
  'traits',
  'type',
  'userId',
  'version',
]);

const NEEDS_ESCAPE = /[\]\s]/;
const LIST_POSITION = /^(0|[1-9][0-9]{0,5})$/;

/** Parses the written form of a path. The message of a failure says what to write instead. */
export function parsePath(text: string): ParsedPath {
  if (text === '') return refuse('A path cannot be empty. Write for example properties.plan.');
  if (text.length > RULE_LIMITS.pathLengthMax) {
    return refuse(`A path can have at most ${RULE_LIMITS.pathLengthMax} characters.`);
  }
  const segments: PathSegment[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === '[') {
      if (segments.length === 0) return refuse(startMessage('['));
      const end = text.indexOf(']', at);
      const inside = end === -1 ? undefined : text.slice(at + 1, end);
      if (inside === '') segments.push(EVERY_ELEMENT);
      else if (inside !== undefined && LIST_POSITION.test(inside)) segments.push(Number(inside));
      else
        return refuse('Brackets hold a position in a list, like [0], or nothing, like [], for any element.');
      at = end + 1;
      if (at < text.length && text[at] !== '.' && text[at] !== '[') {
        return refuse(`Write a dot after "${text.slice(0, at)}".`);
      }
    } else {
      if (segments.length > 0) at += 1; // the dot
      const key = readKey(text, at);
      if (!key.ok) return key;
      segments.push(key.key);
      at = key.end;
    }
  }
  const [first] = segments;
  if (typeof first !== 'string' || !EVENT_FIELDS.has(first)) return refuse(startMessage(String(first)));
  if (segments.length > RULE_LIMITS.pathDepthMax) {
    return refuse(`A path can have at most ${RULE_LIMITS.pathDepthMax} steps.`);
  }
  return { ok: true, path: { segments, many: segments.includes(EVERY_ELEMENT) } };
}

type ReadKey =
  { readonly ok: true; readonly key: string; readonly end: number } | Extract<ParsedPath, { ok: false }>;

function readKey(text: string, start: number): ReadKey {
  let key = '';
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '.' || char === '[') break;
    if (char === '\\') {
      at += 1;
      if (at === text.length)
        return refuse('A path cannot end with a backslash. Write \\\\ for a backslash in a key.');
      key += text.charAt(at);
    } else if (NEEDS_ESCAPE.test(char)) {
      const shown = char === ']' ? 'a closing bracket' : 'a space';
      const rest = /^[^.[\\]*/.exec(text.slice(at))?.[0] ?? '';
      return refuse(`Write a backslash before ${shown} in a key: ${escapeKey(key + rest)}.`);
    } else {
      key += char;
    }
  }
  const ended = at === text.length ? at > start : text.charAt(at) === '[' || at + 1 < text.length;
  if (key === '' || !ended)
    return refuse('A path has an empty key: look for a dot at its end or two dots in a row.');
  return { ok: true, key, end: at };
}

function refuse(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

function startMessage(first: string): string {
  return `"${first}" is not a field of a Segment event. A path starts with properties, traits, context, userId or another field of the event.`;
}

/** A key as it is written in a path. */
export function escapeKey(key: string): string {
  return key.replace(/[.[\]\\\s]/g, '\\$&');
}

/** The written form of a path; `parsePath` reads it back. */
export function pathToText(segments: readonly PathSegment[]): string {
  let text = '';
  for (const segment of segments) {
    if (typeof segment === 'string') text += (text === '' ? '' : '.') + escapeKey(segment);
    else text += segment === EVERY_ELEMENT ? '[]' : `[${segment}]`;
  }
  return text;
}

/** The value at a path without `[]`; undefined when it is missing. With `[]`, the first of the values. */
export function valueAt(event: JsonObject, path: Path): JsonValue | undefined {
  if (path.many) return valuesAt(event, path)[0];
  let value: JsonValue = event;
  for (const segment of path.segments) {
    const next: JsonValue | undefined = segment === EVERY_ELEMENT ? undefined : stepInto(value, segment);
    if (next === undefined) return undefined;
    value = next;
  }
  return value;
}

/** The values at a path, in the order of the lists; empty when it is missing. */
export function valuesAt(event: JsonObject, path: Path): readonly JsonValue[] {
  const found: JsonValue[] = [];
  collect(event, path.segments, 0, found);
  return found;
}

function collect(value: JsonValue, segments: readonly PathSegment[], from: number, found: JsonValue[]): void {
  let current = value;
  for (let at = from; at < segments.length; at += 1) {
    const segment = segments[at];
    if (segment === undefined) return;
    if (segment === EVERY_ELEMENT) {
      if (!Array.isArray(current)) return;
      for (const element of current) collect(element, segments, at + 1, found);
      return;
    }
    const next = stepInto(current, segment);
    if (next === undefined) return;
    current = next;
  }
  found.push(current);
}

/** The value under an object's own key or at a list's position. */
export function stepInto(value: JsonValue, segment: string | number): JsonValue | undefined {
  if (typeof segment === 'number') return Array.isArray(value) ? value[segment] : undefined;
  if (!isJsonObject(value)) return undefined;
  const found = value[segment];
  // A plain read is half the price of asking first whether the key is the object's own. It can only meet what every
  // object inherits: functions, which JSON has not, and `__proto__`. Then it is asked.
  if (typeof found === 'function' || segment === '__proto__') return ownValue(value, segment);
  return found;
}

/** A value, and the exact keys and positions that lead to it. */
export interface ResolvedValue {
  readonly value: JsonValue;
  readonly keys: readonly (string | number)[];
}

/** Like `valueAt` for a path without `[]`, with the keys that lead to the value. */
export function resolvePath(event: JsonObject, path: Path): ResolvedValue | undefined {
  const value = path.many ? undefined : valueAt(event, path);
  if (value === undefined) return undefined;
  return { value, keys: path.segments.filter((segment) => segment !== EVERY_ELEMENT) };
}
