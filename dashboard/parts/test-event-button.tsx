import { Alert, Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { noAnswer, sentenceOf, toApiError } from '../api/api-error.ts';
import { Icon } from './icon.tsx';

interface TestEventButtonProps {
  readonly trackingApiUrl: string;
  readonly ingestKey: string;
}

/** The event that the command beside it sends, sent by the page itself, as an SDK in a browser would. */
export function TestEventButton({ trackingApiUrl, ingestKey }: TestEventButtonProps) {
  const send = useMutation({
    mutationFn: async () => {
      const answer = await fetch(`${trackingApiUrl}/track`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${ingestKey}:`)}`, 'content-type': 'application/json' },
        body: JSON.stringify(TEST_EVENT),
      }).catch(() => {
        throw noAnswer();
      });
      if (!answer.ok) {
        const body: unknown = await answer.json().catch(() => undefined);
        throw toApiError(answer.status, body);
      }
    },
  });
  return (
    <Stack gap="xs" align="flex-start">
      <Button
        variant="default"
        leftSection={<Icon name="events" size={16} />}
        loading={send.isPending}
        onClick={() => send.mutate()}
      >
        Send this event from here
      </Button>
      {send.isSuccess && (
        <Text size="sm" c="dimmed" role="status">
          Sent. Send another if you like: each counts.
        </Text>
      )}
      {send.error !== null && (
        <Alert color="red" variant="light" role="alert">
          {sentenceOf(send.error)}
        </Alert>
      )}
    </Stack>
  );
}

export const TEST_EVENT = { userId: 'ada', event: 'Report Viewed', properties: { kind: 'dashboard' } };
