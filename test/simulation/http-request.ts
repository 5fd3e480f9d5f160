import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** The key that senders use; it exists from the beginning. */
export const INGEST_KEY = 'th_ingest_for_simulations';

/** A POST, unless it is said, as a Function URL hands it to its function. */
export function toFunctionUrlEvent(request: {
  readonly path: string;
  readonly body: string;
  readonly key: string;
  readonly method?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}): APIGatewayProxyEventV2 {
  const { body, key, method = 'POST' } = request;
  const [path = '', rawQueryString = ''] = request.path.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...request.headers },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'simulated',
      domainName: 'ingest.simulated.invalid',
      domainPrefix: 'ingest',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'simulated' },
      requestId: 'simulated',
      routeKey: '$default',
      stage: '$default',
      time: '23/Nov/2026:12:00:00 +0000',
      timeEpoch: 1795435200000,
    },
    isBase64Encoded: false,
    body,
  };
}
