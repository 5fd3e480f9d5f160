// What can go wrong with a request, as a closed list. Handlers throw it, the app answers it (app.ts): so no handler can
// invent a shape of error, and the document lists every code.

export interface Problem {
  /** The field or query parameter, like `conditions[2].value`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** Each code with its status. Only 503 and `in_progress` are worth sending again unchanged. */
export const ERROR_STATUS = {
  invalid_request: 400,
  invalid_json: 400,
  invalid_cursor: 400,
  missing_key: 401,
  invalid_key: 401,
  invalid_session: 401,
  wrong_scope: 403,
  invalid_csrf_token: 403,
  not_found: 404,
  method_not_allowed: 405,
  already_exists: 409,
  in_use: 409,
  version_conflict: 409,
  in_progress: 409,
  outcome_unknown: 409,
  answer_not_kept: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  not_possible: 422,
  idempotency_key_reused: 422,
  too_many_attempts: 429,
  internal_error: 500,
  busy: 503,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;
export type ErrorStatus = (typeof ERROR_STATUS)[ErrorCode];

/** Seconds after which a 503 is worth another try. */
const RETRY_AFTER_SECONDS = 5;

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly details: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;

  /** `message` is one sentence for the person who sent the request, saying what to do. */
  constructor(
    code: ErrorCode,
    message: string,
    more: { readonly details?: readonly Problem[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.code = code;
    this.details = more.details ?? [];
    this.headers = more.headers ?? {};
  }

  /** Bad input in one place. */
  static at(path: string, message: string): ApiError {
    return new ApiError('invalid_request', message, { details: [{ path, message }] });
  }
}

export function toErrorResponse({ code, message, details, headers }: ApiError): Response {
  const status = ERROR_STATUS[code];
  const body = { code, message, ...(details.length > 0 && { details }) };
  return Response.json(body, {
    status,
    headers: { ...headers, ...(status === 503 && { 'retry-after': String(RETRY_AFTER_SECONDS) }) },
  });
}
