import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { sentenceOf } from '../../api/api-error.ts';
import { showFailure } from '../../parts/toast.ts';

const ID = 'merged';
const SHOWN_MS = 20_000;

/** Says that two users are one now, with the way back. */
export function showMerged(undo: () => Promise<void>): void {
  const takeBack = async (): Promise<void> => {
    notifications.hide(ID);
    try {
      await undo();
    } catch (error) {
      showFailure(sentenceOf(error));
    }
  };
  notifications.show({
    id: ID,
    color: 'teal',
    role: 'status',
    autoClose: SHOWN_MS,
    message: (
      <Group justify="space-between">
        They are one user now.
        <Button size="xs" variant="default" onClick={() => void takeBack()}>
          Undo
        </Button>
      </Group>
    ),
  });
}
