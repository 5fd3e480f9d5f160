import { useSyncExternalStore } from 'react';

// Who is signed in. The cookie that proves it is out of reach of scripts; this is what the API told about it.

export interface Caller {
  readonly id: string;
  readonly scope: 'read' | 'admin';
}

export type SessionState =
  | { readonly kind: 'unknown' }
  /** `ended`: whose session it was that ended by itself, while they were at work. */
  | { readonly kind: 'signed-out'; readonly ended: Caller | undefined }
  | { readonly kind: 'signed-in'; readonly caller: Caller; readonly csrfToken: string };

let state: SessionState = { kind: 'unknown' };
const listeners = new Set<() => void>();

function change(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

export function sessionStarted({ caller, csrfToken }: { caller: Caller; csrfToken: string }): void {
  change({ kind: 'signed-in', caller, csrfToken });
}

/** The API no longer knows the session. Address and pages stay, so that signing in again leads back to them. */
export function sessionEnded(): void {
  if (state.kind !== 'signed-out') change({ kind: 'signed-out', ended: callerOf(state) });
}

export function signedOut(): void {
  change({ kind: 'signed-out', ended: undefined });
}

export function csrfToken(): string | undefined {
  return state.kind === 'signed-in' ? state.csrfToken : undefined;
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Who is at work, also while their session has ended and they have not signed in again. */
function callerOf(session: SessionState): Caller | undefined {
  if (session.kind === 'signed-in') return session.caller;
  return session.kind === 'signed-out' ? session.ended : undefined;
}

export const callerAtWork = (): Caller | undefined => callerOf(state);

export const useSession = (): SessionState => useSyncExternalStore(subscribe, () => state);

export const useCaller = (): Caller | undefined => callerOf(useSession());

/** Whether the person may change things; a read key may only look. */
export const useMayChange = (): boolean => useCaller()?.scope === 'admin';
