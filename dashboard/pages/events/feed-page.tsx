import { Button, Paper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { api, read } from '../../api/client.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Icon } from '../../parts/icon.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { EventsFrame } from './events-frame.tsx';
import { FeedEntryRow } from './feed-entry-row.tsx';
import classes from './events.module.css';

const POLL_MS = 2_000;
const ENTRIES_MAX = 50;

/** `?paused=1` holds it still, to be read. */
export function FeedPage() {
  const [search, setSearch] = useSearchParams();
  const isPaused = search.get('paused') === '1';
  const feed = useQuery({
    queryKey: ['feed'],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/feed', { params: { query: { limit: ENTRIES_MAX } }, signal })),
    refetchInterval: isPaused ? false : POLL_MS,
    refetchOnWindowFocus: !isPaused,
    refetchOnReconnect: !isPaused,
  });
  return (
    <EventsFrame
      title="Live events"
      description="What arrives, as it arrives: accepted and refused, with the reason. The latest requests, newest first."
      actions={
        <Button
          variant="default"
          leftSection={<Icon name={isPaused ? 'play' : 'pause'} size={16} />}
          onClick={() => setSearch(isPaused ? {} : { paused: '1' }, { replace: true })}
        >
          {isPaused ? 'Go on' : 'Pause'}
        </Button>
      }
    >
      <QueryState query={feed}>
        {({ entries }) =>
          entries.length === 0 ? (
            <EmptyState
              title="Nothing has arrived yet"
              actions={
                <Button component={Link} href="/settings/connect">
                  Connect Segment
                </Button>
              }
            >
              As soon as a request comes, accepted or not, it appears here by itself.
            </EmptyState>
          ) : (
            <>
              <Status isPaused={isPaused} hasFailed={feed.isError} at={feed.dataUpdatedAt} />
              <Paper
                withBorder
                radius="lg"
                component="ol"
                className={classes['feed']}
                aria-label="Latest requests"
              >
                {entries.map((entry) => (
                  <FeedEntryRow
                    key={`${entry.from} ${entry.dialect} ${entry.apiKeyId ?? ''}`}
                    entry={entry}
                  />
                ))}
              </Paper>
            </>
          )
        }
      </QueryState>
    </EventsFrame>
  );
}

interface StatusProps {
  readonly isPaused: boolean;
  readonly hasFailed: boolean;
  readonly at: number;
}

function Status({ isPaused, hasFailed, at }: StatusProps) {
  const time = new Date(at).toLocaleTimeString();
  return (
    <Text size="sm" c="dimmed" component="div" className={classes['live']}>
      <span className={classes['dot']} data-state={isPaused ? 'paused' : hasFailed ? 'failed' : 'live'} />
      {isPaused
        ? `Held still since ${time}. New events go on being stored.`
        : hasFailed
          ? `Tallyhook does not answer; this is from ${time}. It is asked again.`
          : 'Live: looks for new events every two seconds.'}
    </Text>
  );
}
