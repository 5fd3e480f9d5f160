import { isJsonObject, ownValue, type JsonValue } from './json-value.ts';

// Where senders put their key. Some put it in a header, in one of three forms; some, such as the Python and mobile SDKs,
// only in the body.

/** No key is longer; a longer one is not looked up. */
export const KEY_LENGTH_MAX = 256;

const usable = (key: string): string | undefined =>
  key.trim() !== '' && key.length <= KEY_LENGTH_MAX ? key.trim() : undefined;

/**
 * The key in an `Authorization` header: `Basic base64(key:)` (with or without the colon), `Bearer key`, or the key alone.
 * `decodeBase64` returns the text of base64, or undefined for what is not.
 */
export function keyFromHeader(
  header: string | undefined,
  decodeBase64: (text: string) => string | undefined,
): { readonly key?: string; readonly bearer: boolean } {
  const value = header?.trim() ?? '';
  const [scheme = '', ...rest] = value.split(/\s+/);
  const credentials = rest.join(' ');
  switch (scheme.toLowerCase()) {
    case 'basic': {
      const decoded = decodeBase64(credentials) ?? '';
      const colon = decoded.indexOf(':');
      const key = usable(colon === -1 ? decoded : decoded.slice(0, colon));
      return { ...(key !== undefined && { key }), bearer: false };
    }
    case 'bearer': {
      const key = usable(credentials);
      return { ...(key !== undefined && { key }), bearer: true };
    }
    default: {
      const key = usable(value);
      return { ...(key !== undefined && { key }), bearer: false };
    }
  }
}

/** The key in the body of the tracking dialect: its `writeKey`, or that of the first event of its batch. */
export function keyFromBody(body: JsonValue): string | undefined {
  if (!isJsonObject(body)) return undefined;
  const own = ownValue(body, 'writeKey');
  if (typeof own === 'string') return usable(own);
  const batch = ownValue(body, 'batch');
  const first = Array.isArray(batch) ? batch[0] : undefined;
  const key = isJsonObject(first) ? ownValue(first, 'writeKey') : undefined;
  return typeof key === 'string' ? usable(key) : undefined;
}
