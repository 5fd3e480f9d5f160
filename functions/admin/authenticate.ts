import { isSameSecret } from '../../adapters/same-secret.ts';
import type { AdminDependencies } from './dependencies.ts';
import { ApiError } from './api-error.ts';
import type { Caller, Session } from './caller.ts';
import type { Scope } from './operations.ts';
import { ADMIN_KEY_ID, findSession } from './session.ts';

// Who sends a request, and whether they may. Three ways: the deployment's own admin key, kept in Secrets Manager; an API
// key; the session of a person who signed in with either. A store that cannot be read must never look like a wrong key: a
// client would throw its key away.

/** What a request says about its sender. */
export interface Credentials {
  readonly authorization?: string | undefined;
  /** The token in the session cookie. */
  readonly sessionToken?: string | undefined;
  readonly csrfToken?: string | undefined;
  /** Whether the request may change something. */
  readonly isChange: boolean;
}

export interface Authenticated {
  readonly caller: Caller;
  readonly session?: Session;
}

type Dependencies = Pick<AdminDependencies, 'adminSecret' | 'keyCache' | 'sessions' | 'now'>;

const ADMIN_KEY: Caller = { id: ADMIN_KEY_ID, scope: 'admin' };
/** Longer than any key: not worth a look-up. */
const KEY_LENGTH_MAX = 512;

export async function authenticate(
  deps: Dependencies,
  credentials: Credentials,
  needed: Exclude<Scope, 'public'>,
): Promise<Authenticated> {
  // A key in the header decides, also for a browser that has a session.
  const bySession = needed === 'session' || credentials.authorization === undefined;
  if (!bySession) {
    const caller = await callerWithKey(deps, keyIn(credentials.authorization));
    checkScope(caller, needed);
    return { caller };
  }
  const session = await sessionOf(deps, credentials, needed);
  checkScope(session.caller, needed);
  return { caller: session.caller, session };
}

function checkScope(caller: Caller, needed: Exclude<Scope, 'public'>): void {
  if (needed === 'admin' && caller.scope !== 'admin') {
    throw new ApiError('wrong_scope', 'This key may only read: use a key with the scope admin.');
  }
}

async function sessionOf(
  deps: Dependencies,
  { sessionToken, csrfToken, isChange }: Credentials,
  needed: Exclude<Scope, 'public'>,
): Promise<Session> {
  if (sessionToken === undefined) {
    throw refused(
      'missing_key',
      needed === 'session'
        ? 'There is no session: sign in with POST /api/session.'
        : 'Send a key with the header "Authorization: Bearer <key>", or sign in with POST /api/session.',
    );
  }
  const session = await findSession(deps, sessionToken);
  if (session === undefined) throw refused('invalid_session', 'The session has ended: sign in again.');
  if (isChange && !isSameSecret(csrfToken ?? '', session.csrfToken)) {
    throw new ApiError(
      'invalid_csrf_token',
      'With a session, every change needs the header "X-CSRF-Token" with the csrfToken of GET /api/session.',
    );
  }
  return session;
}

function keyIn(authorization: string | undefined): string {
  const key = /^bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1];
  if (key === undefined) {
    throw refused('missing_key', 'Send a key with the header "Authorization: Bearer <key>".');
  }
  return key;
}

/** Whose key this is. Throws for a key that is not valid, or may only send events. */
export async function callerWithKey(
  deps: Pick<Dependencies, 'adminSecret' | 'keyCache'>,
  key: string,
): Promise<Caller> {
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
  return caller;
}

/** Undefined when both kinds of keys could be asked and neither is this one. */
async function callerOf(
  deps: Pick<Dependencies, 'adminSecret' | 'keyCache'>,
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

const refused = (code: 'missing_key' | 'invalid_key' | 'invalid_session', message: string): ApiError =>
  new ApiError(code, message, { headers: { 'www-authenticate': 'Bearer' } });
