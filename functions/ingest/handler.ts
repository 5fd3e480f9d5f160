import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { routeOf, type IngestRoute } from '../../core/ingest-route.ts';
import { logError } from '../log.ts';
import { comeBack, corsHeaders, failure, json, preflight, type Answer } from './http-answer.ts';
import { takeEvents, type TakeDependencies } from './take-events.ts';

// Trigger: an HTTP request at the Function URL.
// Guarantee: 200 means that every accepted event is stored and its processing is certain. A retry of the same request is
// recognised by its messageIds and changes nothing.

export interface IngestDependencies extends TakeDependencies {
  /** Whether the stores answer; for /health. */
  readonly ready: () => Promise<boolean>;
}

const WEBHOOK_METHODS = ['POST', 'PUT', 'PATCH'];
const TRACKING_METHODS = ['POST'];
const READ_METHODS = ['GET', 'HEAD'];

export function ingestHandler(deps: IngestDependencies): (event: APIGatewayProxyEventV2) => Promise<Answer> {
  return async (request) => {
    const answer = await answerTo(deps, request).catch((error: unknown) => {
      logError('ingest failed', { error: error instanceof Error ? error.name : 'unknown' });
      return comeBack(503, 'unavailable', 'The event could not be stored. Send it again.');
    });
    return { ...answer, headers: { ...answer.headers, ...corsHeaders(request.headers['origin']) } };
  };
}

async function answerTo(deps: IngestDependencies, request: APIGatewayProxyEventV2): Promise<Answer> {
  const route = routeOf(request.rawPath);
  const { method } = request.requestContext.http;
  if (route.kind === 'unknown') {
    const message = 'There is nothing here. Send webhooks to /segment and SDK calls to /v1.';
    return failure(404, 'not_found', message);
  }
  const methods = methodsOf(route);
  const allow = [...methods, 'OPTIONS'].join(', ');
  // Before authentication: browsers send no key with a preflight.
  if (method === 'OPTIONS') return preflight(allow);
  if (!methods.includes(method)) {
    return failure(405, 'method_not_allowed', `Use ${methods.join(' or ')}.`, { allow });
  }
  switch (route.kind) {
    case 'health':
      return (await deps.ready())
        ? json(200, { status: 'ok' })
        : comeBack(503, 'unavailable', 'The stores cannot be reached.');
    case 'metrics':
      return json(200, { success: true });
    case 'settings':
      return settings(request, route.writeKey);
    case 'events':
      return await takeEvents(deps, request, route);
  }
}

function methodsOf(route: IngestRoute): readonly string[] {
  if (route.kind === 'health' || route.kind === 'settings') return READ_METHODS;
  return route.kind === 'events' && route.dialect === 'webhook' ? WEBHOOK_METHODS : TRACKING_METHODS;
}

/** What analytics.js and the mobile SDKs ask for before they send: where to, with which key, and no metrics to anybody. */
function settings(request: APIGatewayProxyEventV2, writeKey: string): Answer {
  const apiHost = `${request.headers['host'] ?? request.requestContext.domainName}/v1`;
  // Behind a Function URL it is always https, which is also what the SDKs take when nothing is said.
  const protocol = request.headers['x-forwarded-proto'] === 'http' ? { protocol: 'http' } : {};
  return json(200, {
    integrations: { 'Segment.io': { apiKey: writeKey, apiHost, ...protocol } },
    metrics: { host: apiHost, sampleRate: 0 },
  });
}
