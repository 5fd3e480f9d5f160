import { Alert, Button, Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { sentenceOf } from '../api/api-error.ts';
import { Dialog } from './dialog.tsx';

interface ConfirmDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** A question: "Revoke this key?" */
  readonly title: string;
  /** What will be so afterwards, and whether it can be undone. */
  readonly children: ReactNode;
  /** What the button does: "Revoke the key". */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** False while something has to be filled in first. @default true */
  readonly isReady?: boolean;
  /** The dialog closes when it has succeeded, and says why when it has not. */
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks before what cannot, or not easily, be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { opened, onClose, title, children, action, isDangerous = false, isReady = true, onConfirm } = props;
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: onConfirm,
    onSuccess: () => onClose(),
  });
  const close = (): void => {
    reset();
    onClose();
  };
  return (
    <Dialog opened={opened} onClose={close} title={title}>
      <Stack>
        <div>{children}</div>
        {error !== null && (
          <Alert color="red" variant="light" role="alert">
            {sentenceOf(error)}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            color={isDangerous ? 'red.9' : undefined}
            disabled={!isReady}
            loading={isPending}
            onClick={() => mutate()}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
