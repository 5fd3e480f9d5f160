/** Why a request as a whole is refused. The message says what to do and quotes nothing of the request. */
export interface Problem {
  readonly status: 400 | 401 | 403 | 413 | 415;
  readonly code: string;
  readonly message: string;
}
