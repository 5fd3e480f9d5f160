import type { AdminDependencies } from './dependencies.ts';
import { ApiError } from './api-error.ts';
import type { Scope } from './operations.ts';

// Who sends a request, and whether they may. Two kinds of keys: the deployment's own admin key, kept in Secrets Manager,
// and API keys. A store that cannot be read must never look like a wrong key: a client would throw its key away.

export interface Caller {
  /** What the history of a rule names: the id of an API key, or `admin-key`. */
  readonly id: string;
  readonly scope: 'read' | 'admin';
}

const ADMIN_KEY: Caller = { id: 'admin-key', scope: 'admin' };
/** Longer than any key: not worth a look-up. */
const KEY_LENGTH_MAX = 512;

export async function authenticate(
  deps: Pick<AdminDependencies, 'adminSecret' | 'keyCache'>,
  authorization: string | undefined,
  needed: Exclude<Scope, 'public'>,
): Promise<Caller> {
  const key = /^bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1];
  if (key === undefined) {
    throw refused('missing_key', 'Send a key with the header "Authorization: Bearer <key>".');
  }
  const caller = key.length > KEY_LENGTH_MAX ? undefined : await callerOf(deps, key);
  if (caller === undefined) {
    throw refused(
      'invalid_key',
      'This key is not valid: use the admin key, or a key with the scope read or admin.',
    );
  }
  if (caller === 'ingest') {
    throw new ApiError(
      'wrong_scope',
      'This key may only send events: use a key with the scope read or admin.',
    );
  }
  if (needed === 'admin' && caller.scope !== 'admin') {
    throw new ApiError('wrong_scope', 'This key may only read: use a key with the scope admin.');
  }
  return caller;
}

/** Undefined when both kinds of keys could be asked and neither is this one. */
async function callerOf(
  deps: Pick<AdminDependencies, 'adminSecret' | 'keyCache'>,
  key: string,
): Promise<Caller | 'ingest' | undefined> {
  const [isAdminKey, apiKey] = await Promise.allSettled([
    deps.adminSecret.matches(key),
    deps.keyCache.find(key),
  ]);
  if (isAdminKey.status === 'fulfilled' && isAdminKey.value) return ADMIN_KEY;
  if (apiKey.status === 'fulfilled' && apiKey.value !== undefined) {
    const { id, scope, revokedAt } = apiKey.value;
    if (revokedAt !== undefined) return undefined;
    return scope === 'ingest' ? 'ingest' : { id, scope };
  }
  if (isAdminKey.status === 'rejected' || apiKey.status === 'rejected') {
    throw new ApiError('unavailable', 'The key cannot be checked at the moment: send the request again.');
  }
  return undefined;
}

const refused = (code: 'missing_key' | 'invalid_key', message: string): ApiError =>
  new ApiError(code, message, { headers: { 'www-authenticate': 'Bearer' } });
