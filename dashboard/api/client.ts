import createClient, { type Middleware } from 'openapi-fetch';
import { csrfToken, sessionEnded } from '../session/session-store.ts';
import { noAnswer, toApiError } from './api-error.ts';
import type { components, paths } from './openapi-types.ts';

// The typed client: `await read(api.GET('/api/features'))` is the answer, or throws an ApiError.

const session: Middleware = {
  onRequest({ request }) {
    if (request.method === 'GET') return;
    const token = csrfToken();
    if (token !== undefined) request.headers.set('x-csrf-token', token);
    // A change that is sent twice, by a browser or a proxy, is made once.
    request.headers.set('idempotency-key', crypto.randomUUID());
  },
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && schemaPath !== '/api/session') sessionEnded();
  },
};

export const api = createClient<paths, 'application/json'>({
  baseUrl: location.origin,
  credentials: 'same-origin',
});
api.use(session);

/** The shape that the API calls by this name: `Schema<'Feature'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

interface Answer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

/** What a good answer holds; undefined for one without a body. */
type Content<Data> = [Data] extends [undefined] ? undefined : Exclude<Data, undefined>;

/** The body of a good answer. Throws an ApiError for any other, and when there is none. */
export async function read<Answered extends Answer>(
  request: Promise<Answered>,
): Promise<Content<Answered['data']>> {
  const { data, error, response } = await request.catch((cause: unknown): never => {
    // An aborted request is not a failure, and its asker knows.
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw noAnswer();
  });
  if (error !== undefined || !response.ok) throw toApiError(response.status, error);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- the client's type cannot say that there are data where there is no error
  return data as Content<Answered['data']>;
}
