import type { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import type { FoundApiKey } from '../../adapters/api-keys.ts';
import { keyFromBody, keyFromHeader } from '../../core/credentials.ts';
import type { JsonValue } from '../../core/json-value.ts';
import type { Dialect } from '../../core/segment-event.ts';
import type { Problem } from './problem.ts';

// Which key lets a request in. All of these throw when the key store cannot be read: that is a 503, because a sender that
// is told 401 gives its events up.

export type KeyCheck =
  | { readonly ok: true; readonly key: FoundApiKey }
  /** `key`: there is one, but it may not send events. */
  | { readonly ok: false; readonly problem: Problem; readonly key?: FoundApiKey };

type KeyLookup = Pick<ApiKeyCache, 'find'>;

/**
 * The key in the Authorization header; it decides, whatever the body says. Undefined where the key must be looked for in
 * the body: SDKs that send no header, and those that send the token of an OAuth application, which is none of our keys.
 */
export async function keyInHeader(
  keys: KeyLookup,
  header: string | undefined,
  dialect: Dialect,
): Promise<KeyCheck | undefined> {
  const { key: given, bearer } = keyFromHeader(header, decodeBase64);
  const key = given === undefined ? undefined : await keys.find(given);
  if (key === undefined && dialect === 'tracking' && (given === undefined || bearer)) return undefined;
  return check(given, key);
}

export async function keyInBody(keys: KeyLookup, body: JsonValue): Promise<KeyCheck> {
  const given = keyFromBody(body);
  return check(given, given === undefined ? undefined : await keys.find(given));
}

function check(given: string | undefined, key: FoundApiKey | undefined): KeyCheck {
  if (given === undefined) return { ok: false, problem: MISSING };
  if (key === undefined || key.revokedAt !== undefined) {
    return { ok: false, problem: INVALID, ...(key !== undefined && { key }) };
  }
  return key.scope === 'ingest' ? { ok: true, key } : { ok: false, problem: WRONG_SCOPE, key };
}

const MISSING: Problem = {
  status: 401,
  code: 'missing_key',
  message: 'There is no key: send an ingest key as the user name of Basic authentication.',
};
const INVALID: Problem = {
  status: 401,
  code: 'invalid_key',
  message: 'This key is not valid: use an ingest key of this pipeline.',
};
const WRONG_SCOPE: Problem = {
  status: 403,
  code: 'wrong_scope',
  message: 'This key may not send events: use an ingest key.',
};

function decodeBase64(text: string): string | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : undefined;
}
