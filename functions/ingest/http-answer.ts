import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

// The shape of every answer. Browsers read none of it without the CORS headers, not even the reason of a failure, so they
// are on all of them; Authorization is named because a wildcard does not cover it (Fetch standard, CORS-safelisting).

export type Answer = APIGatewayProxyStructuredResultV2;

const EXPOSED = 'Retry-After';

export function corsHeaders(origin: string | undefined): Record<string, string> {
  // A page that sends credentials needs its own origin named; the answer holds nothing that another page may not read.
  return origin === undefined
    ? { 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED }
    : {
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': EXPOSED,
        vary: 'Origin',
      };
}

export function json(
  status: number,
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/** Both `code` and `message` are always there: analytics-python treats an error without `code` as one to retry. */
export function failure(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return json(status, { success: false, code, message }, headers);
}

/** Answers that ask the sender to come back. Integer seconds, at most 300: more is capped by every SDK that reads it. */
export function comeBack(status: 429 | 503, code: string, message: string): Answer {
  return failure(status, code, message, { 'retry-after': '5' });
}

export function preflight(methods: string): Answer {
  return {
    statusCode: 204,
    headers: {
      'access-control-allow-methods': methods,
      'access-control-allow-headers':
        'authorization, content-type, content-encoding, x-retry-count, x-signature',
      'access-control-max-age': '86400',
    },
  };
}
