// What went wrong with a request, as a sentence for the person in front of the page. The API's own messages are such
// sentences; what never reached it gets one here.

export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

export class ApiError extends Error {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly code: string;
  /** One per field, with the path of the field in what was sent. */
  readonly details: readonly FieldProblem[];

  constructor(status: number, code: string, message: string, details: readonly FieldProblem[] = []) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

const NO_ANSWER =
  'Tallyhook does not answer. Check your connection, and that the pipeline is running; then try again.';
const UNREADABLE = 'The answer could not be read. Try again; if it stays like this, load the page anew.';

/** Every failure of a request as an ApiError. */
export function toApiError(status: number, body: unknown): ApiError {
  if (typeof body !== 'object' || body === null || !('message' in body) || typeof body.message !== 'string') {
    return new ApiError(status, 'unreadable', UNREADABLE);
  }
  const code = 'code' in body && typeof body.code === 'string' ? body.code : 'unknown';
  return new ApiError(status, code, body.message, 'details' in body ? problemsOf(body.details) : []);
}

export const noAnswer = (): ApiError => new ApiError(0, 'no_answer', NO_ANSWER);

/** A sentence to show; never an exception's own text, which is for programmers. */
export function sentenceOf(error: unknown): string {
  return error instanceof ApiError
    ? error.message
    : 'Something on this page failed. Load the page anew; what you saved is safe.';
}

/** Another try may help: nobody answered, or a store was not reachable. */
export const mayBeRepeated = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status === 503);

/** The messages of the fields, by path, as forms take them. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(error.details.map(({ path, message }) => [path, message]));
}

function problemsOf(details: unknown): FieldProblem[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: unknown) =>
    typeof detail === 'object' &&
    detail !== null &&
    'path' in detail &&
    'message' in detail &&
    typeof detail.path === 'string' &&
    typeof detail.message === 'string'
      ? [{ path: detail.path, message: detail.message }]
      : [],
  );
}
