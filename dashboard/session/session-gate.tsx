import { Center, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorState } from '../parts/error-state.tsx';
import { resumeSession } from './session-requests.ts';
import { useSession } from './session-store.ts';
import { SignInPage } from './sign-in-page.tsx';

/** The dashboard for those who are signed in, the sign-in page, under the same address, for those who are not. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const session = useSession();
  const resume = useQuery({
    queryKey: ['resume-session'],
    queryFn: async () => {
      await resumeSession();
      return true;
    },
    enabled: session.kind === 'unknown',
  });
  switch (session.kind) {
    case 'signed-in':
      return children;
    case 'signed-out':
      return <SignInPage hasExpired={session.hasExpired} />;
    case 'unknown':
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
}
