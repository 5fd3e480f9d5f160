import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import type { User } from '../../api/user-queries.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { MergePreview } from './merge-preview.tsx';

interface MergeWithDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly user: User;
}

/** Asks with whom to merge this user, and shows what would come of it. */
export function MergeWithDialog({ opened, onClose, user }: MergeWithDialogProps) {
  const [typed, setTyped] = useState('');
  const [otherId, setOtherId] = useState<string>();
  const close = (): void => {
    setTyped('');
    setOtherId(undefined);
    onClose();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (typed !== '') setOtherId(typed);
  };
  return (
    <Dialog opened={opened} onClose={close} title="Merge with another user" size="xl">
      {otherId === undefined ? (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label="Id of the other user"
              description="As it stands on the other user’s page. You will see what comes of it before anything happens."
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              data-autofocus
              required
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit">Show what would happen</Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <MergePreview firstId={user.userId} secondId={otherId} onClose={close} />
      )}
    </Dialog>
  );
}
