import { api, read } from '../api/client.ts';
import { ApiError } from '../api/api-error.ts';
import { queryClient } from '../api/query-client.ts';
import { callerAtWork, sessionEnded, sessionStarted, signedOut } from './session-store.ts';

/** Asks whether the browser still has a session. Throws when nobody can say. */
export async function resumeSession(): Promise<void> {
  try {
    sessionStarted(await read(api.GET('/api/session')));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    sessionEnded();
  }
}

export async function signIn(key: string): Promise<void> {
  const session = await read(api.POST('/api/session', { body: { key } }));
  // What another person's key had loaded is not for this one; the same person goes on where they were, with fresh figures.
  if (callerAtWork()?.id === session.caller.id) void queryClient.invalidateQueries();
  else queryClient.clear();
  sessionStarted(session);
}

export async function signOut(): Promise<void> {
  try {
    await read(api.DELETE('/api/session'));
  } catch (error) {
    // Without a session there is nothing to end.
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  queryClient.clear();
  signedOut();
}
