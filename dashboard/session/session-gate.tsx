import { Center, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Activity, type ReactNode } from 'react';
import { ErrorState } from '../parts/error-state.tsx';
import { resumeSession } from './session-requests.ts';
import { useCaller, useSession } from './session-store.ts';
import { SignInPage } from './sign-in-page.tsx';

/**
 * The dashboard for those who are signed in, the sign-in page, under the same address, for those who are not. A session that
 * ends takes nothing away: the pages are out of sight, ask for nothing, and are there again with all that was written in
 * them when the same person signs in. Somebody else begins anew.
 */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const session = useSession();
  const caller = useCaller();
  const isOut = session.kind === 'signed-out';
  if (session.kind === 'unknown') return <Resuming />;
  return (
    <>
      {isOut && <SignInPage hasExpired={caller !== undefined} />}
      {caller !== undefined && (
        <Activity key={caller.id} mode={isOut ? 'hidden' : 'visible'}>
          {children}
        </Activity>
      )}
    </>
  );
}

function Resuming() {
  const resume = useQuery({
    queryKey: ['resume-session'],
    queryFn: async () => {
      await resumeSession();
      return true;
    },
  });
  return (
    <Center mih="100dvh" component="main">
      {resume.error === null ? (
        <Loader aria-label="Loading" />
      ) : (
        <ErrorState error={resume.error} onRetry={() => void resume.refetch()} />
      )}
    </Center>
  );
}
