// JSON as TypeScript sees it, and the two ways to touch it safely: parsing that returns instead of throwing, and
// reading a key without ever meeting what objects inherit. Everything that came from outside has one of these types
// until a guard has narrowed it.

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

export interface JsonObject {
  [key: string]: JsonValue;
}

export type ParsedJson =
  { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly message: string };

/** JSON.parse without a reviver returns JSON values and nothing else; the library's type says `any`. */
const json: { parse(text: string): JsonValue } = JSON;

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value of a JSON text, or a sentence for whoever sent it. The engine's own message is not passed on: it quotes the
 * text, which may hold personal data, and it differs per text, while Segment groups failures by message.
 */
export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: json.parse(text) };
  } catch {
    const empty = text.trim() === '';
    return { ok: false, message: empty ? 'The body is empty: send JSON.' : 'The body is not valid JSON.' };
  }
}

/**
 * The value of a key that the object itself has. JSON.parse makes `__proto__` an ordinary own key, so it is found when
 * it was sent, and `constructor` or `toString` are not found when they were not.
 */
export function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
