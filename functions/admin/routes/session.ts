import { createRoute } from '@hono/zod-openapi';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import { callerWithKey } from '../authenticate.ts';
import type { Session } from '../caller.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED, WITH_BODY } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { sessionSchema, signInSchema } from '../schemas/session.ts';
import { clearSessionCookie, sessionTokenOf, setSessionCookie, startSession } from '../session.ts';

const tags = ['Session'];

const create = createRoute({
  ...operation('startSession'),
  tags,
  summary: 'Sign in',
  description:
    'Sets the session cookie. A session ends after two hours without a request, after twelve hours in any case, and within a minute after its key was revoked. Ten failures from one address within a quarter of an hour, or two hundred from all, are answered with 429.',
  request: { query: noQuery, body: jsonBody(signInSchema) },
  responses: { 200: jsonAnswer('Signed in', sessionSchema), ...errors(...WITH_BODY, 429) },
});

const get = createRoute({
  ...operation('getSession'),
  tags,
  summary: 'Who is signed in',
  request: { query: noQuery },
  responses: { 200: jsonAnswer('The session', sessionSchema), ...errors(400, 401, 500, 503) },
});

const end = createRoute({
  ...operation('endSession'),
  tags,
  summary: 'Sign out',
  request: { query: noQuery },
  responses: { 204: { description: 'Signed out, everywhere at once' }, ...errors(...KEYED) },
});

export function sessionRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(create, async (c) => {
    const { key } = c.req.valid('json');
    const admission = await deps.signIns.admit(c.env.source, deps.now());
    if (!admission.allowed) {
      throw new ApiError(
        'too_many_attempts',
        'Signing in failed too often: wait until the time in Retry-After is over. API keys go on working.',
        { headers: { 'retry-after': String(admission.retryAfterSeconds) } },
      );
    }
    const caller = await callerWithKey(deps, key).catch(async (error: unknown) => {
      // A store that does not answer says nothing about the key.
      if (!(error instanceof ApiError) || error.code === 'unavailable') await admission.takeBack();
      throw error;
    });
    await admission.takeBack();
    const before = sessionTokenOf(c);
    if (before !== undefined) await deps.sessions.end(before);
    const session = await startSession(deps, caller, key);
    setSessionCookie(c, session.token);
    return c.json(toAnswer(session), 200);
  });

  app.openapi(get, (c) => c.json(toAnswer(sessionOf(c.var.session)), 200));

  app.openapi(end, async (c) => {
    await deps.sessions.end(sessionOf(c.var.session).token);
    clearSessionCookie(c);
    return c.body(null, 204);
  });
}

function sessionOf(session: Session | undefined): Session {
  if (session === undefined) throw new Error('A route of the scope session was reached without one.');
  return session;
}

const toAnswer = ({ caller, csrfToken, expiresAt }: Session) => ({
  caller,
  csrfToken,
  expiresAt: toIso(expiresAt),
});
