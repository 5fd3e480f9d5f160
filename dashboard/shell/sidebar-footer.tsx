import { Text, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { sentenceOf } from '../api/api-error.ts';
import { Icon } from '../parts/icon.tsx';
import { showFailure } from '../parts/toast.ts';
import { signOut } from '../session/session-requests.ts';
import { useCaller } from '../session/session-store.ts';
import classes from './sidebar-footer.module.css';

export function SidebarFooter() {
  const out = useMutation({ mutationFn: signOut, onError: (error) => showFailure(sentenceOf(error)) });
  const isReader = useCaller()?.scope === 'read';
  return (
    <div className={classes['footer']}>
      {isReader && (
        <Text size="xs" className={classes['scope']}>
          Signed in to read only: you see everything but keys, and change nothing.
        </Text>
      )}
      <SchemeToggle />
      <UnstyledButton className={classes['button']} onClick={() => out.mutate()} disabled={out.isPending}>
        <Icon name="signOut" />
        Sign out
      </UnstyledButton>
    </div>
  );
}

function SchemeToggle() {
  // Otherwise it switches transitions off with a <style>, which the policy forbids.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const current = useComputedColorScheme('light');
  const next = current === 'light' ? 'dark' : 'light';
  return (
    <UnstyledButton className={classes['button']} onClick={() => setColorScheme(next)}>
      <Icon name={next === 'dark' ? 'moon' : 'sun'} />
      {next === 'dark' ? 'Dark' : 'Light'} appearance
    </UnstyledButton>
  );
}
