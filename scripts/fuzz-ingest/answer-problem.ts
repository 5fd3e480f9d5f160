import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import { routeOf } from '../../core/ingest-route.ts';
import type { Answer } from '../../functions/ingest/http-answer.ts';
import { FUZZ_KEYS } from './memory-stores.ts';

// What ingest may answer, as docs/connect-segment.md says it, and nothing else. The stores of a fuzz run never fail, so
// there is no 503 in it, and there is never a 500.

const STATUSES = {
  webhook: [200, 400, 401, 403, 413, 415, 501],
  tracking: [200, 400, 401, 403, 415],
} as const;

export const CODES: ReadonlySet<string> = new Set([
  'invalid_event',
  'missing_type',
  'unsupported_type',
  'missing_user_id',
  'invalid_user_id',
  'invalid_message_id',
  'missing_event_name',
  'invalid_event_name',
  'invalid_traits',
  'invalid_properties',
  'invalid_feature_id',
  'event_too_large',
  'no_valid_event',
  'invalid_body',
  'invalid_json',
  'payload_too_large',
  'unsupported_encoding',
  'unsupported_charset',
  'unsupported_content_type',
  'missing_key',
  'invalid_key',
  'wrong_scope',
  'missing_signature',
  'invalid_signature',
  'not_found',
  'method_not_allowed',
]);

const message = z.string().regex(/^[^\n]{1,200}$/);
const deletion = z.strictObject({
  status: z.literal(200),
  type: z.literal('delete'),
  effect: z.literal('erasure'),
  erasureId: z.string().min(1),
});
const result = z.union([
  deletion,
  z.strictObject({
    messageId: z.string().min(1).max(256).optional(),
    status: z.union([z.literal(200), z.literal(400), z.literal(501)]),
    type: z.enum(['identify', 'track']).optional(),
    effect: z.literal('stored').optional(),
    code: z.string().optional(),
    message: message.optional(),
    duplicate: z.literal(true).optional(),
  }),
]);
const failed = z.strictObject({
  success: z.literal(false),
  code: z.string(),
  message,
  results: z.array(result).optional(),
});
const webhookSuccess = z.strictObject({ success: z.literal(true), results: z.array(result).min(1) });
const trackingSuccess = z.strictObject({ success: z.literal(true) });

/** What is wrong with an answer; undefined when it is one that is documented. `stored`: how many events it stored. */
export function answerProblem(
  { rawPath, requestContext: { http }, headers: asked }: APIGatewayProxyEventV2,
  { statusCode, headers = {}, body }: Answer,
  stored: number,
): string | undefined {
  const status = statusCode ?? 0;
  if (headers['access-control-allow-origin'] === undefined) return 'has no CORS headers';
  if (headers['access-control-allow-origin'] !== (asked['origin'] ?? '*'))
    return 'has the CORS headers of another origin';
  const route = routeOf(rawPath);
  if (route.kind !== 'unknown' && http.method === 'OPTIONS')
    return status === 204 ? undefined : 'is no preflight answer';
  if (headers['content-type'] !== 'application/json') return 'is not JSON';
  if (body === undefined) return 'has no body';
  // A sender may use anything as a messageId, also a key.
  const own = body.replaceAll(/"messageId":"(?:[^"\\\\]|\\\\.)*"/g, '');
  if (Object.values(FUZZ_KEYS).some((key) => own.includes(key)) && route.kind !== 'settings')
    return 'tells a key';
  const said: unknown = JSON.parse(body);
  if (status >= 400) {
    const parsed = failed.safeParse(said);
    if (!parsed.success) return `is an error without code and message: ${parsed.error.message}`;
    if (!CODES.has(parsed.data.code)) return `has the unknown code ${parsed.data.code}`;
    if (stored > 0) return 'refuses a request of which something was stored';
  }
  if (route.kind === 'unknown') return status === 404 ? undefined : `is ${status} on a path that is nobody's`;
  if (status === 405) return headers['allow'] === undefined ? 'has no Allow' : undefined;
  if (route.kind !== 'events') return status === 200 ? undefined : `is ${status} where nothing can fail`;
  const allowed: readonly number[] = STATUSES[route.dialect];
  if (!allowed.includes(status)) return `has the status ${status}`;
  if (status !== 200) return undefined;
  if (route.dialect === 'tracking')
    return trackingSuccess.safeParse(said).success ? undefined : 'is not {"success":true}';
  const parsed = webhookSuccess.safeParse(said);
  if (!parsed.success) return `has no results: ${parsed.error.message}`;
  const { results } = parsed.data;
  const claimed = results.filter((each) => each.effect === 'stored' && each.duplicate !== true).length;
  if (claimed !== stored) return `claims ${claimed} stored events where there are ${stored}`;
  return results.every(
    (each) => each.type === 'delete' || (each.status === 200) === (each.code === undefined),
  )
    ? undefined
    : 'has a refused event without a code';
}
