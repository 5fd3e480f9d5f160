import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { secretHashOf } from '../../adapters/keys.ts';
import { isSameSecret } from '../../adapters/same-secret.ts';
import type { Caller, Session } from './caller.ts';
import type { AdminDependencies } from './dependencies.ts';

// A person who is signed in. The browser keeps a random token in a cookie that no script can read; what a script may read
// is a second token, which every change must carry in a header, so that a page of somebody else cannot make changes in
// this person's name. The second is a hash of the first: there is nothing to store, and nothing to get out of step.

/** Nobody asked anything for so long: signed out. */
const IDLE_MS = 2 * 3_600_000;
/** And at the end of a working day in any case. */
const LIFETIME_MS = 12 * 3_600_000;
/** How often a session in use is written to. */
const TOUCH_MS = 5 * 60_000;

type SessionDependencies = Pick<AdminDependencies, 'sessions' | 'adminSecret' | 'keyCache' | 'now'>;

/** Always a new token: one that somebody planted in a browser is never taken over. */
export async function startSession(
  { sessions, adminSecret, now }: SessionDependencies,
  caller: Caller,
  key: string,
): Promise<Session> {
  const token = randomBytes(32).toString('base64url');
  const createdAt = now();
  await sessions.start(
    token,
    {
      callerId: caller.id,
      scope: caller.scope,
      proof: caller.id === ADMIN_KEY_ID ? await adminSecret.proofFor(token) : secretHashOf(key),
      createdAt,
      seenAt: createdAt,
    },
    createdAt + LIFETIME_MS,
  );
  return { token, caller, csrfToken: csrfTokenOf(token), expiresAt: createdAt + IDLE_MS };
}

/** The caller id of the deployment's own admin key. */
export const ADMIN_KEY_ID = 'admin-key';

/** Undefined when it has expired, was ended, or its key is no longer good. Throws when a store cannot be read. */
export async function findSession(deps: SessionDependencies, token: string): Promise<Session | undefined> {
  const stored = await deps.sessions.find(token);
  const now = deps.now();
  if (stored === undefined || now >= expiryOf(stored)) return undefined;
  const { callerId: id, scope, proof } = stored;
  if (id === ADMIN_KEY_ID) {
    if (!isSameSecret(proof, await deps.adminSecret.proofFor(token))) return undefined;
  } else {
    const key = await deps.keyCache.findByHash(proof);
    if (key === undefined || key.revokedAt !== undefined) return undefined;
  }
  const isStale = now - stored.seenAt >= TOUCH_MS;
  if (isStale) await deps.sessions.touch(token, now);
  const expiresAt = expiryOf(isStale ? { ...stored, seenAt: now } : stored);
  return { token, caller: { id, scope }, csrfToken: csrfTokenOf(token), expiresAt };
}

const expiryOf = ({ seenAt, createdAt }: { readonly seenAt: number; readonly createdAt: number }): number =>
  Math.min(seenAt + IDLE_MS, createdAt + LIFETIME_MS);

const csrfTokenOf = (token: string): string =>
  createHash('sha256').update(`csrf ${token}`).digest('base64url');

const COOKIE = 'tallyhook-session';
/** No cookie of ours is longer. */
const TOKEN = /^[\w-]{43}$/;

/**
 * Over HTTPS the cookie is `__Host-…` and Secure: no other host and no plain connection can set or see it. Plain HTTP is
 * the local runtime only, which listens on 127.0.0.1; a browser that is strict about Secure would not keep it there.
 * `x-forwarded-proto` is written by the Function URL, not by the sender.
 */
const isPlain = (c: Context): boolean => c.req.header('x-forwarded-proto') === 'http';

export function sessionTokenOf(c: Context): string | undefined {
  const token = isPlain(c) ? getCookie(c, COOKIE) : getCookie(c, COOKIE, 'host');
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

export function setSessionCookie(c: Context, token: string): void {
  const options = {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: LIFETIME_MS / 1000,
    secure: !isPlain(c),
  } as const;
  setCookie(c, COOKIE, token, isPlain(c) ? options : { ...options, prefix: 'host' });
}

export function clearSessionCookie(c: Context): void {
  const options = { path: '/', secure: !isPlain(c) } as const;
  deleteCookie(c, COOKIE, isPlain(c) ? options : { ...options, prefix: 'host' });
}
