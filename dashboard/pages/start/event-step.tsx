import { Alert, Group, Loader, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { liveFeed, type FeedEntry } from '../../api/feed-query.ts';
import { EventText } from '../../parts/event-text.tsx';
import { Time } from '../../parts/time.tsx';
import { StepCard } from './step-card.tsx';

/** Waits for the first event, and says why what came was refused. */
export function EventStep({ isDone }: { readonly isDone: boolean }) {
  const queryClient = useQueryClient();
  const { data: entries = [] } = useQuery(liveFeed);
  const event = entries.flatMap(({ events }) => events).at(-1);
  const hasArrived = event !== undefined;
  // The other steps follow from the overview, which is asked for less often.
  useEffect(() => {
    if (hasArrived) void queryClient.invalidateQueries({ queryKey: ['overview'] });
  }, [hasArrived, queryClient]);
  return (
    <StepCard
      number={3}
      title={isDone ? 'Your first event is here' : 'Waiting for your first event'}
      state={isDone ? 'done' : 'now'}
      outcome={
        event !== undefined && (
          <>
            <strong>
              <EventText>{event.event ?? event.type}</EventText>
            </strong>{' '}
            of user <EventText lengthMax={60}>{event.userId}</EventText>,{' '}
            <Time at={event.receivedAt} as="relative" />
          </>
        )
      }
    >
      <Stack gap="sm">
        <Group gap="sm" role="status" wrap="nowrap">
          <Loader type="dots" size="sm" />
          <Text size="sm" c="dimmed">
            This page notices by itself when an event arrives.
          </Text>
        </Group>
        <Refusals entries={entries} />
      </Stack>
    </StepCard>
  );
}

function Refusals({ entries }: { readonly entries: readonly FeedEntry[] }) {
  const refused = entries.find(({ rejections }) => rejections.length > 0);
  if (refused === undefined) return null;
  return (
    <Alert color="orange" variant="light" role="status" title="Something arrived and was refused">
      <Stack gap={4}>
        {refused.rejections.slice(0, 3).map(({ code, message }) => (
          <Text key={code} size="sm">
            <EventText lengthMax={300}>{message}</EventText>
          </Text>
        ))}
        <Text size="xs">
          <Time at={refused.at} as="relative" />
        </Text>
      </Stack>
    </Alert>
  );
}
