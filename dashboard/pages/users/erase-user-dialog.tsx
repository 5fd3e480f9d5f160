import { Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, read } from '../../api/client.ts';
import type { User } from '../../api/user-queries.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { useRefreshUsers } from './use-merge.ts';

interface EraseUserDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly user: User;
}

/** Asks before a person is erased for good. The id has to be typed: this is the one thing that cannot be undone. */
export function EraseUserDialog({ opened, onClose, user }: EraseUserDialogProps) {
  const [typed, setTyped] = useState('');
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const refresh = useRefreshUsers();
  const close = (): void => {
    setTyped('');
    onClose();
  };
  return (
    <ConfirmDialog
      opened={opened}
      onClose={close}
      title="Delete this user?"
      action="Delete for good"
      isDangerous
      isReady={typed === user.userId}
      onConfirm={async () => {
        const receipt = await read(
          api.DELETE('/api/users/{userId}', { params: { path: { userId: user.userId } } }),
        );
        queryClient.removeQueries({ queryKey: ['users', 'one', user.userId] });
        navigate('/users');
        await refresh();
        showSuccess(`The user is being erased. Receipt: ${receipt.erasureId}`);
      }}
    >
      <Text mb="md">
        The user <EventText>{user.userId}</EventText>
        {user.userIds.length > 1 && ` with its ${String(user.userIds.length)} ids`} is erased: fields, links,
        usage rows, and the content of every event. The totals of features stay. This cannot be undone.
      </Text>
      <TextInput
        label="Type the id to confirm"
        description="Exactly as it stands above."
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
    </ConfirmDialog>
  );
}
