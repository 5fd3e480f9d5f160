import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { newChange } from '../../adapters/asked-change.ts';
import type { IdempotentRequest, KeptAnswer, Taken } from '../../adapters/idempotency-store.ts';
import { logWarning } from '../log.ts';
import { ApiError } from './api-error.ts';
import type { AdminDependencies, AdminEnv } from './dependencies.ts';
import { findOperation, IDEMPOTENCY_KEY } from './operations.ts';

// A change that carries an Idempotency-Key is made once, however often it is sent. The key is taken before the route is
// asked, so of two requests at once only one reaches it; the other is told to come back. What fails with 5xx may be sent
// again: the route is told that it is the same change (`change`), so that what has had its effect has it once. What breaks off
// without any answer is never run again: the caller is told so, looks, and decides
// (docs/decisions/0037-one-effect-per-idempotency-key.md).

const REPLAYED = 'idempotent-replayed';
/** No `?`, which is what a Function URL's other characters become (function-url.ts): two keys would be one. */
const KEY = /^[\w.:/+=~-]{1,255}$/;
const RETRY_AFTER_SECONDS = 1;

/** Behind the guard: only who may make a change leaves anything behind. */
export function oncePerKey({ idempotency, now }: AdminDependencies): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    const key = c.req.header(IDEMPOTENCY_KEY);
    const found = findOperation(c.req.method, c.req.path);
    if (key === undefined || found.kind !== 'found' || !found.takesKey) {
      c.set('change', newChange(now()));
      await next();
      return;
    }
    if (!KEY.test(key)) {
      throw ApiError.at(
        'Idempotency-Key',
        'Send 1 to 255 letters, digits or any of . _ : / + = ~ -, such as a UUID.',
      );
    }
    // Kept by the request: the route reads the same bytes again.
    const body = new Uint8Array(await c.req.arrayBuffer());
    const request = {
      callerId: c.var.caller.id,
      key,
      fingerprint: fingerprintOf(c.req.method, c.req.url, body),
    };
    const taken = await idempotency.take(request, now());
    if (taken.kind !== 'taken') return answerBefore(taken);
    c.set('change', taken.change);
    await next();
    // An error has become its answer by now (app.ts).
    await settle(idempotency, request, taken.attempt, c.res, found.showsSecret);
    return;
  };
}

/** All of the body, also of a file: two files that differ in one byte are two requests. */
function fingerprintOf(method: string, url: string, body: Uint8Array): string {
  const { pathname, search } = new URL(url);
  return createHash('sha256').update(`${method} ${pathname}${search}\n`).update(body).digest('hex');
}

function answerBefore(taken: Exclude<Taken, { readonly kind: 'taken' }>): Response {
  switch (taken.kind) {
    case 'answered':
      return replay(taken.answer);
    case 'running':
      throw new ApiError(
        'in_progress',
        'A request with this Idempotency-Key is under way: send it again in a moment to get its answer.',
        { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } },
      );
    case 'broken_off':
      throw new ApiError(
        'outcome_unknown',
        'A request with this Idempotency-Key broke off, and may have had its effect: look whether it has, and if not, send it with a new key.',
      );
    case 'other_request':
      throw new ApiError(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request: take a new key for every change.',
      );
  }
}

function replay({ status, contentType, text }: KeptAnswer): Response {
  if (text === undefined) {
    throw new ApiError(
      'answer_not_kept',
      `The request with this Idempotency-Key was carried out and answered with ${String(status)}. Its answer was not kept, because it holds a secret or is too large: a key that nobody noted can be revoked.`,
      { headers: { [REPLAYED]: 'true' } },
    );
  }
  return new Response(text === '' ? null : text, {
    status,
    headers: { ...(contentType !== '' && { 'content-type': contentType }), [REPLAYED]: 'true' },
  });
}

/**
 * The answer is given in any case. If it cannot be kept, the key stays taken, and a second request is first told to wait
 * and then that the outcome is unknown: never does it run.
 */
async function settle(
  idempotency: AdminDependencies['idempotency'],
  request: IdempotentRequest,
  attempt: string,
  response: Response,
  showsSecret: boolean,
): Promise<void> {
  try {
    // A fault is no outcome: the same request may be sent again, and runs again, as an attempt at the same change.
    if (response.status >= 500) {
      await idempotency.release(request, attempt);
      return;
    }
    const isSecret = showsSecret && response.ok;
    await idempotency.keep(request, attempt, {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      text: isSecret ? undefined : await response.clone().text(),
    });
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown';
    logWarning('the answer to a change could not be kept for its repetition', { error: name });
  }
}
