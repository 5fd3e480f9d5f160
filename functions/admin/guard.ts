import type { MiddlewareHandler } from 'hono';
import { parseJson } from '../../core/json-value.ts';
import { ApiError } from './api-error.ts';
import { authenticate } from './authenticate.ts';
import type { AdminDependencies, AdminEnv } from './dependencies.ts';
import { findOperation } from './operations.ts';
import { sessionTokenOf } from './session.ts';

// What every request passes before its route is asked: is there such a route, may the caller use it, is there a body that
// can be read. In this order, so that nobody without a key learns anything about a body.

/** A rule, the largest thing there is to send, is at most 60,000 characters. */
export const BODY_BYTES_MAX = 256 * 1024;

const CSV_TYPE = /^(?:text\/csv|application\/gzip|application\/x-gzip)(?:;.*)?$/i;

const JSON_TYPE = /^application\/json(?:;\s*charset="?utf-?8"?)?$/i;

export function guard(deps: AdminDependencies): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    const found = findOperation(c.req.method, c.req.path);
    if (found.kind === 'unknown') {
      throw new ApiError('not_found', 'There is no such route: GET /api/openapi.json lists all of them.');
    }
    if (found.kind === 'wrong_method') {
      const allow = found.allow.join(', ');
      throw new ApiError('method_not_allowed', `This route takes ${allow}.`, { headers: { allow } });
    }
    if (found.scope !== 'public') {
      const { caller, session } = await authenticate(
        deps,
        {
          authorization: c.req.header('authorization'),
          sessionToken: sessionTokenOf(c),
          csrfToken: c.req.header('x-csrf-token'),
          isChange: !['GET', 'HEAD'].includes(c.req.method),
        },
        found.scope,
      );
      c.set('caller', caller);
      if (session !== undefined) c.set('session', session);
    }
    if (found.body === 'json') await checkBody(c.req);
    if (found.body === 'csv') checkCsvHeaders(c.req);
    await next();
  };
}

interface BodyRequest {
  header(name: string): string | undefined;
  arrayBuffer(): Promise<ArrayBuffer>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The route itself reads the file: whether it is packed is seen from its first bytes, whatever the headers say. */
function checkCsvHeaders(request: BodyRequest): void {
  const encoding = request.header('content-encoding')?.toLowerCase() ?? 'identity';
  if (CSV_TYPE.test(request.header('content-type')?.trim() ?? '') && ['identity', 'gzip'].includes(encoding))
    return;
  throw new ApiError(
    'unsupported_media_type',
    'Send the file with the header "Content-Type: text/csv"; packed with gzip, also with "Content-Encoding: gzip".',
  );
}

async function checkBody(request: BodyRequest): Promise<void> {
  const encoding = request.header('content-encoding') ?? 'identity';
  if (
    !JSON_TYPE.test(request.header('content-type')?.trim() ?? '') ||
    encoding.toLowerCase() !== 'identity'
  ) {
    throw new ApiError(
      'unsupported_media_type',
      'Send JSON in UTF-8, with the header "Content-Type: application/json".',
    );
  }
  // Kept by the request: the route reads the same bytes again.
  const bytes =
    Number(request.header('content-length') ?? 0) > BODY_BYTES_MAX ? undefined : await request.arrayBuffer();
  if (bytes === undefined || bytes.byteLength > BODY_BYTES_MAX) {
    throw new ApiError(
      'body_too_large',
      `The body is larger than ${String(BODY_BYTES_MAX / 1024)} KB: send less.`,
    );
  }
  const parsed = parseJson(textOf(bytes));
  if (!parsed.ok) throw new ApiError('invalid_json', parsed.message);
}

/** A byte order mark is dropped, as the route's own reading drops it. */
function textOf(bytes: ArrayBuffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    // Read on, every wrong byte would become the same replacement character: not what was sent, and no longer told apart.
    throw new ApiError('invalid_json', 'The body is not valid UTF-8: send JSON in UTF-8.');
  }
}
