import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { AdminApp } from './dependencies.ts';

// From a Function URL's event (payload format 2.0) to the app and back. Hono's own adapter is deprecated and moves to a
// package of its own; ours is small, because every answer of the API is text (only files of the dashboard are not) and paths come as they were sent
// (a Function URL, unlike an HTTP API, leaves `rawPath` percent-encoded, so an id may hold a slash).

const WITHOUT_BODY = new Set(['GET', 'HEAD']);
/** Of the files of the dashboard. */
const BINARY_TYPE = /^(?:font|image)\//;
/**
 * A Request reads these as another path than was sent: it resolves `..`, also written `%2e%2e`, takes `\` for `/`, and ends
 * the path at `#` or `?`. Whoever stands before us chose by the path as it was sent, so such a path is nobody's.
 */
const READ_AS_ANOTHER = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)|[\\#?\t\n\r]|^(?!\/)/i;
const NO_ROUTE = '/-';
/** Not the one that the request names, in which a sender could write anything. */
const ORIGIN = 'https://admin.invalid';

/** The Request class takes none of these; any method that no route has gets the same answer. */
const REFUSED_BY_REQUEST = new Set(['CONNECT', 'TRACE', 'TRACK']);

export function functionUrlHandler(
  app: AdminApp,
): (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2> {
  return async (event) => {
    const response = await app.fetch(toRequest(event), {
      // What AWS saw, not what the sender says in x-forwarded-for.
      source: event.requestContext.http.sourceIp,
    });
    const cookies = response.headers.getSetCookie();
    response.headers.delete('set-cookie');
    const isText =
      !response.headers.has('content-encoding') &&
      !BINARY_TYPE.test(response.headers.get('content-type') ?? '');
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      ...(cookies.length > 0 && { cookies }),
      body: isText ? await response.text() : Buffer.from(await response.arrayBuffer()).toString('base64'),
      isBase64Encoded: !isText,
    };
  };
}

function toRequest(event: APIGatewayProxyEventV2): Request {
  const { rawPath, rawQueryString, requestContext, body, isBase64Encoded } = event;
  const method = requestContext.http.method.toUpperCase();
  const headers = new Headers();
  for (const [name, value] of Object.entries(event.headers)) {
    // Request takes no other characters in a header; nothing that we read has them.
    if (value !== undefined) headers.set(name, value.replaceAll(/[^\t\x20-\x7e]/g, '?'));
  }
  if (event.cookies !== undefined) headers.set('cookie', event.cookies.join('; '));
  const path = READ_AS_ANOTHER.test(rawPath) ? NO_ROUTE : rawPath;
  const query = rawQueryString === '' ? '' : `?${rawQueryString.replaceAll('#', '%23')}`;
  return new Request(`${ORIGIN}${path}${query}`, {
    method: REFUSED_BY_REQUEST.has(method) ? 'OPTIONS' : method,
    headers,
    // A GET may have a body, which means nothing, and which Request refuses.
    ...(body !== undefined &&
      !WITHOUT_BODY.has(method) && { body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') }),
  });
}
