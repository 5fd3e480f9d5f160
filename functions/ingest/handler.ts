import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import type { ApiKey, FoundApiKey } from '../../adapters/api-keys.ts';
import { keyFromBody, keyFromHeader } from '../../core/credentials.ts';
import { routeOf, type IngestRoute } from '../../core/ingest-route.ts';
import { parseJson, type JsonValue } from '../../core/json-value.ts';
import { requestItems } from '../../core/request-items.ts';
import type { Dialect } from '../../core/segment-event.ts';
import { logError } from '../log.ts';
import { acceptEvents, type AcceptDependencies, type ItemResult } from './accept-events.ts';
import { comeBack, corsHeaders, failure, json, preflight, type Answer } from './http-answer.ts';
import { readBody, TRACKING_BODY_BYTES_MAX, WEBHOOK_BODY_BYTES_MAX, type BodyRead } from './read-body.ts';
import { verifySignature } from './verify-signature.ts';

// Trigger: an HTTP request at the Function URL.
// Guarantee: 200 means that every accepted event is stored and its processing is certain. A retry of the same request is
// recognised by its messageIds and changes nothing.

export interface IngestDependencies extends AcceptDependencies {
  readonly keys: ApiKeyCache;
  /** Whether the stores answer; for /health. */
  readonly ready: () => Promise<boolean>;
  readonly now: () => number;
}

/** Segment's largest batch. */
export const EVENTS_PER_REQUEST_MAX = 4_000;

const WEBHOOK_METHODS = ['POST', 'PUT', 'PATCH'];
const TRACKING_METHODS = ['POST'];

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
  const methods = methodsOf(route);
  if (route.kind === 'unknown') {
    return failure(
      404,
      'not_found',
      'There is nothing here. Send webhooks to /segment and SDK calls to /v1.',
    );
  }
  // Before authentication: browsers send no key with a preflight.
  if (method === 'OPTIONS') return preflight([...methods, 'OPTIONS'].join(', '));
  if (!methods.includes(method)) {
    return failure(405, 'method_not_allowed', `Use ${methods.join(' or ')}.`, {
      allow: [...methods, 'OPTIONS'].join(', '),
    });
  }
  switch (route.kind) {
    case 'health':
      return (await deps.ready())
        ? json(200, { status: 'ok' })
        : comeBack(503, 'unavailable', 'The stores cannot be reached.');
    case 'metrics':
      return json(200, { success: true });
    case 'settings':
      return json(200, {
        integrations: {
          'Segment.io': {
            apiKey: route.writeKey,
            apiHost: `${request.headers['host'] ?? request.requestContext.domainName}/v1`,
          },
        },
      });
    case 'events':
      return await takeEvents(deps, request, route);
  }
}

function methodsOf(route: IngestRoute): readonly string[] {
  if (route.kind === 'health' || route.kind === 'settings') return ['GET', 'HEAD'];
  return route.kind === 'events' && route.dialect === 'webhook' ? WEBHOOK_METHODS : TRACKING_METHODS;
}

async function takeEvents(
  deps: IngestDependencies,
  request: APIGatewayProxyEventV2,
  route: Extract<IngestRoute, { kind: 'events' }>,
): Promise<Answer> {
  const { dialect } = route;
  const fromHeader = keyFromHeader(request.headers['authorization'], decodeBase64);
  // A wrong key in the header is answered before anything of the body is read.
  let key = fromHeader.key === undefined ? undefined : await deps.keys.find(fromHeader.key);
  const bodyMayHaveKey = dialect === 'tracking' && (fromHeader.key === undefined || fromHeader.bearer);
  if (key === undefined && !bodyMayHaveKey) return await refuseKey(deps, dialect, fromHeader.key);
  if (key !== undefined && !isUsable(key)) return await refuseKey(deps, dialect, fromHeader.key, key);

  const read = readBody(request, dialect === 'webhook' ? WEBHOOK_BODY_BYTES_MAX : TRACKING_BODY_BYTES_MAX);
  const parsed = read.ok ? parseJson(read.text) : undefined;
  if (key === undefined) {
    const inBody = parsed?.ok === true ? keyFromBody(parsed.value) : undefined;
    key = inBody === undefined ? undefined : await deps.keys.find(inBody);
    if (key === undefined || !isUsable(key))
      return await refuseKey(deps, dialect, inBody ?? fromHeader.key, key);
  }
  const source = { dialect, apiKeyId: key.id };
  const refuse = async (status: number, code: string, message: string): Promise<Answer> => {
    await deps.feed.note(source, [{ code, message }]);
    return failure(status, code, message);
  };
  // Segment's API answers a body that is too large with 400.
  if (!read.ok)
    return await refuse(
      dialect === 'tracking' && read.status === 413 ? 400 : read.status,
      read.code,
      read.message,
    );
  if (parsed?.ok !== true)
    return await refuse(400, 'invalid_json', parsed?.message ?? 'The body is not valid JSON.');
  return await storeEvents(deps, { ...route, ...source }, parsed.value, read.text, refuse);
}

async function storeEvents(
  deps: IngestDependencies,
  route: { readonly dialect: Dialect; readonly pathType?: string; readonly apiKeyId: string },
  body: JsonValue,
  text: string,
  refuse: (status: number, code: string, message: string) => Promise<Answer>,
): Promise<Answer> {
  const { dialect, apiKeyId, pathType } = route;
  const receivedAt = deps.now();
  const read = requestItems(body, text, { dialect, receivedAt, ...(pathType !== undefined && { pathType }) });
  if (!read.ok) return await refuse(400, 'invalid_body', read.message);
  if (read.items.length > EVENTS_PER_REQUEST_MAX) {
    const message = `A request may hold at most ${String(EVENTS_PER_REQUEST_MAX)} events: lower the batch size.`;
    return await refuse(413, 'payload_too_large', message);
  }
  const rejections = read.items.flatMap((item) => (item.ok ? [] : [item.rejection]));
  const [accepted] = await Promise.all([
    acceptEvents(deps, read.items, { dialect, apiKeyId, receivedAt }),
    rejections.length > 0 ? deps.feed.note({ dialect, apiKeyId }, rejections) : undefined,
  ]);
  if (!accepted.ok)
    return comeBack(503, 'unavailable', 'The events could not all be stored. Send them again.');
  // The SDKs drop an event for good on most errors and repeat it on others: 200 is the only answer all of them understand.
  if (dialect === 'tracking') return trackingAnswer(read.many, accepted.results);
  return webhookAnswer(read.many, accepted.results);
}

function trackingAnswer(many: boolean, results: readonly ItemResult[]): Answer {
  const [only] = results;
  if (!many && only?.code === 'event_too_large') {
    return failure(400, only.code, only.message ?? '');
  }
  return json(200, { success: true });
}

function webhookAnswer(many: boolean, results: readonly ItemResult[]): Answer {
  const [only] = results;
  if (!many && only !== undefined && only.status !== 200) {
    return json(only.status, { success: false, code: only.code, message: only.message, results });
  }
  // Segment gives every event of a batch the one status of the answer: a 400 for one bad event would drop all of them.
  if (results.every(({ status }) => status !== 200) && results.some(({ status }) => status === 400)) {
    const message = 'No event of this batch is valid: see results for the reason of each.';
    return json(400, { success: false, code: 'no_valid_event', message, results });
  }
  return json(200, { success: true, results });
}

const isUsable = (key: ApiKey): boolean => key.scope === 'ingest' && key.revokedAt === undefined;

async function refuseKey(
  deps: IngestDependencies,
  dialect: Dialect,
  given: string | undefined,
  key?: ApiKey,
): Promise<Answer> {
  const [status, code, message] =
    key !== undefined && key.revokedAt === undefined
      ? ([403, 'wrong_scope', 'This key may not send events: use an ingest key.'] as const)
      : given === undefined
        ? ([
            401,
            'missing_key',
            'There is no key: send an ingest key as the user name of Basic authentication.',
          ] as const)
        : ([401, 'invalid_key', 'This key is not valid: use an ingest key of this pipeline.'] as const);
  await deps.feed.note({ dialect }, [{ code, message }]);
  return failure(status, code, message);
}

function decodeBase64(text: string): string | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : undefined;
}
