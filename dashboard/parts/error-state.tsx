import { Alert, Button, Group } from '@mantine/core';
import { ApiError, sentenceOf } from '../api/api-error.ts';
import { signOut } from '../session/session-requests.ts';
import { EmptyState } from './empty-state.tsx';
import { showFailure } from './toast.ts';

interface ErrorStateProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

/** What went wrong, as a sentence, and what to do. Someone whose key may not do this is told so, which is not an error. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  if (error instanceof ApiError && error.status === 403) return <Refusal />;
  return (
    <Alert role="alert" color="red" variant="light" title="This could not be loaded" maw="40rem">
      {sentenceOf(error)}
      {onRetry !== undefined && (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}

function Refusal() {
  return (
    <EmptyState
      title="Your key may not see this"
      actions={
        <Button
          variant="default"
          onClick={() => void signOut().catch((error: unknown) => showFailure(sentenceOf(error)))}
        >
          Sign in with another key
        </Button>
      }
    >
      You are signed in with a key that may only read. This takes an admin key: the page is the same after you
      have signed in with one.
    </EmptyState>
  );
}
