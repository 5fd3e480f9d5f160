import { z } from '@hono/zod-openapi';
import { ERROR_STATUS, type ErrorStatus } from '../api-error.ts';

const problemSchema = z.object({
  path: z.string().openapi({ example: 'conditions[0].value' }),
  message: z.string().openapi({ example: 'Write at least one entry.' }),
});

export const errorSchema = z
  .object({
    code: z.enum(Object.keys(ERROR_STATUS)),
    message: z.string(),
    details: z.array(problemSchema).optional(),
  })
  .openapi('Error', {
    example: {
      code: 'invalid_request',
      message: 'conditions[0].value: Write at least one entry.',
      details: [{ path: 'conditions[0].value', message: 'Write at least one entry.' }],
    },
  });

const MEANING: Record<ErrorStatus, string> = {
  400: 'The request is not valid; `details` names every problem with its field.',
  401: 'There is no key and no session, or it is not valid.',
  403: 'The key has not the scope for this, or a change with a session comes without its X-CSRF-Token.',
  404: 'It does not exist.',
  405: 'The route does not take this method.',
  409: 'It conflicts with what is there, or with a request that has the same Idempotency-Key.',
  413: 'The body is too large.',
  415: 'The body is not JSON in UTF-8.',
  422: 'The request is well formed, but not possible, or its Idempotency-Key was used for another one.',
  429: 'Too often: wait for `Retry-After` seconds.',
  500: 'A fault of the server, which has been logged.',
  503: 'For the moment it cannot be done: send it again after `Retry-After` seconds.',
};

interface ErrorResponse {
  description: string;
  content: { 'application/json': { schema: typeof errorSchema } };
  headers?: Record<string, { description: string; schema: { type: 'integer' } }>;
}

/** The error responses of a route, for its `responses`. */
export function errors<Status extends ErrorStatus>(
  ...statuses: readonly Status[]
): Record<Status, ErrorResponse> {
  const responses: Partial<Record<ErrorStatus, ErrorResponse>> = {};
  for (const status of statuses) {
    responses[status] = {
      description: MEANING[status],
      content: { 'application/json': { schema: errorSchema } },
      ...((status === 503 || status === 429) && {
        headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } },
      }),
    };
  }
  return complete(responses, statuses);
}

function complete<Status extends ErrorStatus>(
  responses: Partial<Record<ErrorStatus, ErrorResponse>>,
  statuses: readonly Status[],
): Record<Status, ErrorResponse> {
  const isComplete = (
    candidate: Partial<Record<ErrorStatus, ErrorResponse>>,
  ): candidate is Record<Status, ErrorResponse> =>
    statuses.every((status) => candidate[status] !== undefined);
  if (!isComplete(responses)) throw new Error('A status has no response.');
  return responses;
}

/** What every route with a key can answer. */
export const KEYED = [400, 401, 403, 500, 503] as const;
/** And what a change can answer besides, if only because of its Idempotency-Key. */
export const CHANGE = [...KEYED, 409, 422] as const;
/** What one that takes a body can answer. */
export const WITH_BODY = [...KEYED, 413, 415] as const;
/** A change that takes a body. */
export const CHANGE_WITH_BODY = [...WITH_BODY, 409, 422] as const;
