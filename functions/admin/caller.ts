/** Who sends a request, and what they may. */
export interface Caller {
  /** What the history of a rule names: the id of an API key, or `admin-key`. */
  readonly id: string;
  readonly scope: 'read' | 'admin';
}

/** A person who is signed in. */
export interface Session {
  readonly token: string;
  readonly caller: Caller;
  readonly csrfToken: string;
  readonly expiresAt: number;
}
