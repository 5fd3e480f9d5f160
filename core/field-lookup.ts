import type { JsonObject, JsonValue } from './json-value.ts';

// Finding a Segment field whose spelling varies by customer: userId, user_id, UserId, "User ID". The exact spelling
// wins, whatever else is there; otherwise the first key that is the same name without case and separators. So two
// spellings in one object never make the answer depend on chance. Values are never touched: they are case-sensitive.

const UNDERSCORE = 0x5f;
const HYPHEN = 0x2d;
const SPACE = 0x20;
const UPPER_A = 0x41;
const UPPER_Z = 0x5a;
const TO_LOWER = 0x20;

const isSeparator = (code: number): boolean => code === UNDERSCORE || code === HYPHEN || code === SPACE;

/** ASCII only: Unicode lower-casing turns the Kelvin sign into a plain k, which would make different keys equal. */
const lowerCase = (code: number): number => (code >= UPPER_A && code <= UPPER_Z ? code + TO_LOWER : code);

/** Whether `key` is `normalised` (no separators, lower-case) in some spelling. Builds no string: it runs per key. */
function isSpellingOf(key: string, normalised: string): boolean {
  // A spelling only adds separators, so it is never shorter.
  if (key.length < normalised.length) return false;
  let matched = 0;
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (isSeparator(code)) continue;
    // Past the end of `normalised` charCodeAt is NaN, which equals nothing.
    if (lowerCase(code) !== normalised.charCodeAt(matched)) return false;
    matched++;
  }
  return matched === normalised.length;
}

const normalise = (name: string): string =>
  name.replace(/[_\- ]/g, '').replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Finds the key itself, for whoever must point into the text that the object was parsed from. */
export function fieldKeyLookup(name: string): (object: JsonObject) => string | undefined {
  const normalised = normalise(name);
  return (object) => {
    if (Object.hasOwn(object, name)) return name;
    for (const key in object) {
      if (isSpellingOf(key, normalised) && Object.hasOwn(object, key)) return key;
    }
    return undefined;
  };
}

/** A lookup prepared once for a name, for code that runs per event. */
export function fieldLookup(name: string): (object: JsonObject) => JsonValue | undefined {
  const keyOf = fieldKeyLookup(name);
  return (object) => {
    const key = keyOf(object);
    return key === undefined ? undefined : object[key];
  };
}

export function lookupField(object: JsonObject, name: string): JsonValue | undefined {
  return fieldLookup(name)(object);
}
