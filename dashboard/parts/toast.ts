import { notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';

// Short news at the corner of the page. What has to be read before going on belongs on the page itself.

export function showSuccess(message: ReactNode): void {
  notifications.show({ message, color: 'teal', role: 'status' });
}

/** The message is a sentence that says what to do; see `sentenceOf`. */
export function showFailure(message: string): void {
  notifications.show({ title: 'That did not work', message, color: 'red', role: 'alert', autoClose: 12_000 });
}
