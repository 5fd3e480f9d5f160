import { Alert, Button, Group } from '@mantine/core';
import { ApiError, sentenceOf } from '../api/api-error.ts';

interface ErrorStateProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

/** What went wrong, as a sentence, and what to do. Someone whose key may not do this is told so, which is not an error. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const isRefusal = error instanceof ApiError && error.status === 403;
  return (
    <Alert
      role={isRefusal ? 'status' : 'alert'}
      color={isRefusal ? 'gray' : 'red'}
      variant="light"
      title={isRefusal ? 'Your key may not see this' : 'This could not be loaded'}
      maw="40rem"
    >
      {isRefusal ? 'Sign in with an admin key to see it.' : sentenceOf(error)}
      {!isRefusal && onRetry !== undefined && (
        <Group mt="sm">
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}
