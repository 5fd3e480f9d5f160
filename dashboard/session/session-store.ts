import { useSyncExternalStore } from 'react';

// Who is signed in. The cookie that proves it is out of reach of scripts; this is what the API told about it.

export interface Caller {
  readonly id: string;
  readonly scope: 'read' | 'admin';
}

export type SessionState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'signed-out'; readonly hasExpired: boolean }
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

/** The API no longer knows the session. The address stays, so that signing in again leads back to it. */
export function sessionEnded(): void {
  if (state.kind !== 'signed-out') change({ kind: 'signed-out', hasExpired: state.kind === 'signed-in' });
}

export function signedOut(): void {
  change({ kind: 'signed-out', hasExpired: false });
}

export function csrfToken(): string | undefined {
  return state.kind === 'signed-in' ? state.csrfToken : undefined;
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useSession = (): SessionState => useSyncExternalStore(subscribe, () => state);

/** Whether the person may change things; a read key may only look. */
export function useMayChange(): boolean {
  const session = useSession();
  return session.kind === 'signed-in' && session.caller.scope === 'admin';
}
