import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ApiKeyCache } from '../../adapters/api-key-cache.ts';
import type { FoundApiKey } from '../../adapters/api-keys.ts';
import type { IngestRoute } from '../../core/ingest-route.ts';
import { parseJson } from '../../core/json-value.ts';
import { requestItems } from '../../core/request-items.ts';
import { logError } from '../log.ts';
import { acceptEvents, type AcceptDependencies } from './accept-events.ts';
import { keyInBody, keyInHeader } from './find-key.ts';
import { comeBack, failure, type Answer } from './http-answer.ts';
import type { Problem } from './problem.ts';
import { readBody, TRACKING_BODY_BYTES_MAX, WEBHOOK_BODY_BYTES_MAX } from './read-body.ts';
import { trackingAnswer, webhookAnswer } from './result-answer.ts';
import { signatureProblem } from './verify-signature.ts';

// From a request to its answer: who sends, what is in it, keep it. A step that fails says why, to the sender and in the
// live feed.

export interface TakeDependencies extends AcceptDependencies {
  readonly keys: Pick<ApiKeyCache, 'find'>;
  readonly now: () => number;
}

export async function takeEvents(
  deps: TakeDependencies,
  request: APIGatewayProxyEventV2,
  { dialect, pathType }: Extract<IngestRoute, { kind: 'events' }>,
): Promise<Answer> {
  const { headers } = request;
  const refuse = async ({ status, code, message }: Problem, key?: FoundApiKey): Promise<Answer> => {
    const source = { dialect, ...(key !== undefined && { apiKeyId: key.id }) };
    await deps.feed.note(source, { rejections: [{ code, message }] });
    // Segment's own API answers what is too large with 400.
    return failure(dialect === 'tracking' && status === 413 ? 400 : status, code, message);
  };

  const inHeader = await keyInHeader(deps.keys, headers['authorization'], dialect);
  if (inHeader?.ok === false) return await refuse(inHeader.problem, inHeader.key);
  const body = readBody(request, dialect === 'webhook' ? WEBHOOK_BODY_BYTES_MAX : TRACKING_BODY_BYTES_MAX);
  if (!body.ok) return await refuse(body, inHeader?.key);
  // Before anything is made of the bytes, unless the key itself is among them.
  const forged = inHeader && signatureProblem(headers, body, inHeader.key.signatureSecrets);
  if (forged !== undefined) return await refuse(forged, inHeader?.key);
  const parsed = parseJson(body.text);
  if (!parsed.ok) return await refuse(notJson(headers['content-type'], parsed.message), inHeader?.key);
  const found = inHeader ?? (await keyInBody(deps.keys, parsed.value));
  if (!found.ok) return await refuse(found.problem, found.key);
  const { key } = found;
  const unsigned = inHeader ? undefined : signatureProblem(headers, body, key.signatureSecrets);
  if (unsigned !== undefined) return await refuse(unsigned, key);

  const receivedAt = deps.now();
  const context = { dialect, receivedAt, ...(pathType !== undefined && { pathType }) };
  const read = requestItems(parsed.value, body.text, context);
  if (!read.ok) return await refuse({ ...read, status: read.code === 'payload_too_large' ? 413 : 400 }, key);
  const accepted = await acceptEvents(deps, read.items, { dialect, apiKeyId: key.id, receivedAt });
  if (!accepted.ok) {
    logError('events could not be stored', { reason: accepted.reason });
    return comeBack(503, 'unavailable', 'The events could not all be stored. Send them again.');
  }
  const answerOf = dialect === 'tracking' ? trackingAnswer : webhookAnswer;
  return answerOf(read.many, accepted.results);
}

/** A form is worth its own answer: in Segment it is one setting away from JSON. */
function notJson(contentType: string | undefined, message: string): Problem {
  return contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded') === true
    ? {
        status: 415,
        code: 'unsupported_content_type',
        message: 'The body is a form: choose JSON as the content type of the request.',
      }
    : { status: 400, code: 'invalid_json', message };
}
