import { Alert, Button, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { sentenceOf } from '../api/api-error.ts';
import { usePageTitle } from '../parts/page.tsx';
import { Wordmark } from '../shell/wordmark.tsx';
import { signIn } from './session-requests.ts';
import classes from './sign-in-page.module.css';

export function SignInPage({ hasExpired }: { readonly hasExpired: boolean }) {
  usePageTitle('Sign in');
  const [key, setKey] = useState('');
  const [missing, setMissing] = useState(false);
  const { mutate, isPending, error } = useMutation({ mutationFn: signIn });

  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const trimmed = key.trim();
    setMissing(trimmed === '');
    if (trimmed !== '') mutate(trimmed);
  };

  return (
    <main className={classes['page']}>
      <div className={classes['card']}>
        <Wordmark size="lg" />
        <Paper withBorder shadow="sm" radius="lg" p="xl" mt="xl">
          <form onSubmit={submit} noValidate>
            <Stack gap="md">
              <div>
                <Title order={1} size="h3">
                  Sign in
                </Title>
                <Text c="dimmed" size="sm" mt={4}>
                  With the admin key of this deployment, or a key that may read.
                </Text>
              </div>
              {hasExpired && error === null && (
                <Alert color="yellow" variant="light" role="status">
                  Your session has ended. Sign in again to go on where you were: what you have written is
                  still there.
                </Alert>
              )}
              <PasswordInput
                label="Key"
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                autoComplete="current-password"
                autoFocus
                required
                withAsterisk={false}
                error={missing ? 'Enter your key.' : error === null ? undefined : sentenceOf(error)}
                visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the key' }}
              />
              <Button type="submit" loading={isPending} fullWidth>
                Sign in
              </Button>
            </Stack>
          </form>
        </Paper>
        <Text c="dimmed" size="sm" mt="md" ta="center">
          The admin key is printed when Tallyhook starts. On AWS it is the secret that the deployment names{' '}
          <code>AdminKeySecretArn</code>.
        </Text>
      </div>
    </main>
  );
}
