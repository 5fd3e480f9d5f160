import { Alert, Button, Checkbox, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { sentenceOf } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import { eventsPage, type EventSummary } from '../../api/event-queries.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { MoreButton } from '../../parts/more-button.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { usePages } from '../../parts/use-pages.ts';
import { plainText } from '../../parts/visible-text.ts';
import { useMayChange } from '../../session/session-store.ts';
import { rangeIn } from './event-filter.ts';
import { EventLink, UserLink } from './event-table.tsx';
import { EventsFrame } from './events-frame.tsx';
import { failureWords } from './failure-words.ts';

export function QuarantinePage() {
  const [search] = useSearchParams();
  const range = rangeIn(search);
  const mayChange = useMayChange();
  const [isAsking, setAsking] = useState(false);
  const pages = usePages({
    queryKey: ['events', 'quarantined', range],
    fetchPage: (cursor) => eventsPage({ status: 'quarantined', ...range }, cursor),
    rowsOf: ({ events }) => events,
  });
  const rows = pages.rows ?? [];
  const redrive = useRedrive();
  return (
    <EventsFrame
      title="Quarantine"
      description="Events that could not be processed, each with the reason. They are stored and wait: when the cause is mended, send them back, and they are counted."
      actions={
        mayChange &&
        rows.length > 0 && (
          <Button variant="default" onClick={() => setAsking(true)}>
            Send all back
          </Button>
        )
      }
    >
      <QueryState query={pages}>
        {() =>
          rows.length === 0 && !pages.hasNextPage ? (
            <EmptyState title="Nothing is quarantined">
              An event comes here when processing it fails again and again, so that it is never lost. That is
              rare.
            </EmptyState>
          ) : (
            <>
              <QuarantineTable events={rows} mayChange={mayChange} redrive={redrive} />
              <MoreButton pages={pages} />
            </>
          )
        }
      </QueryState>
      <ConfirmDialog
        opened={isAsking}
        onClose={() => setAsking(false)}
        title="Send all quarantined events back?"
        action="Send all back"
        onConfirm={() => redrive({ all: true })}
      >
        Each is processed once more and counted once. One that fails again is quarantined again.
      </ConfirmDialog>
    </EventsFrame>
  );
}

type Redrive = (body: { readonly messageIds?: string[]; readonly all?: true }) => Promise<void>;

/** Sends events back to be processed; with `all` again and again, until none is left that was there. */
function useRedrive(): Redrive {
  const queryClient = useQueryClient();
  return async (body) => {
    let redriven = 0;
    try {
      // What fails again comes back while the rest is sent: there is an end to it all the same.
      for (let call = 0; call < CALLS_MAX; call += 1) {
        const answer = await read(api.POST('/api/quarantine/redrive', { body }));
        redriven += answer.redriven;
        if (body.all !== true || answer.remaining === 0 || answer.redriven === 0) break;
      }
    } finally {
      await queryClient.invalidateQueries({ queryKey: ['events'] });
    }
    showSuccess(`${redriven.toLocaleString()} sent back. They are processed within seconds.`);
  };
}

const COLUMNS: readonly Column<EventSummary>[] = [
  { title: 'Event', cell: (event) => <EventLink event={event} />, widthMin: '8rem' },
  { title: 'User', cell: ({ userId }) => <UserLink userId={userId} />, widthMin: '8.5rem' },
  { title: 'Why', cell: ({ error }) => <Failure error={error} />, widthMin: '12rem' },
  { title: 'Arrived', cell: ({ receivedAt }) => <Time at={receivedAt} /> },
];

function Failure({ error }: { readonly error: string | undefined }) {
  const { what, kind } = failureWords(error);
  return (
    <>
      <EventText lengthMax={200}>{what}</EventText>
      {kind !== undefined && (
        <Text size="xs" c="dimmed">
          <EventText>{kind}</EventText>
        </Text>
      )}
    </>
  );
}

interface QuarantineTableProps {
  readonly events: readonly EventSummary[];
  readonly mayChange: boolean;
  readonly redrive: Redrive;
}

function QuarantineTable({ events, mayChange, redrive }: QuarantineTableProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const sending = useMutation({
    mutationFn: (messageIds: string[]) => redrive({ messageIds }),
    onSuccess: () => setChosen(new Set()),
  });
  const toggle = (messageId: string, isChosen: boolean): void => {
    const next = new Set(chosen);
    if (isChosen) next.add(messageId);
    else next.delete(messageId);
    setChosen(next);
  };
  const marks: Column<EventSummary> = {
    title: 'Mark',
    kind: 'mark',
    head: (
      <Checkbox
        aria-label="Choose all that are shown"
        checked={chosen.size === events.length && events.length > 0}
        indeterminate={chosen.size > 0 && chosen.size < events.length}
        onChange={({ currentTarget: { checked } }) =>
          setChosen(new Set(checked ? events.map(({ messageId }) => messageId) : []))
        }
      />
    ),
    cell: ({ messageId }) => (
      <Checkbox
        aria-label={`Choose ${plainText(messageId, 60)}`}
        checked={chosen.has(messageId)}
        onChange={({ currentTarget: { checked } }) => toggle(messageId, checked)}
      />
    ),
  };
  const action: Column<EventSummary> = {
    title: 'Actions',
    kind: 'action',
    cell: ({ messageId }) => (
      <Button
        size="compact-sm"
        variant="default"
        disabled={sending.isPending}
        onClick={() => sending.mutate([messageId])}
      >
        Send back
      </Button>
    ),
  };
  return (
    <>
      {sending.error !== null && (
        <Alert color="red" variant="light" role="alert">
          {sentenceOf(sending.error)}
        </Alert>
      )}
      {mayChange && (
        <Group mih="2.25rem">
          <Text size="sm" c="dimmed" role="status">
            {chosen.size === 0
              ? 'Mark events to send several back at once.'
              : chosen.size > CHOSEN_MAX
                ? `At most ${String(CHOSEN_MAX)} at once.`
                : `${chosen.size.toLocaleString()} marked.`}
          </Text>
          {chosen.size > 0 && (
            <Button
              size="sm"
              disabled={chosen.size > CHOSEN_MAX}
              loading={sending.isPending}
              onClick={() => sending.mutate([...chosen])}
            >
              Send {chosen.size.toLocaleString()} back
            </Button>
          )}
        </Group>
      )}
      <DataTable
        label="Quarantined events"
        rows={events}
        keyOf={({ messageId }) => messageId}
        columns={mayChange ? [marks, ...COLUMNS, action] : COLUMNS}
      />
    </>
  );
}

/** A thousand events each. */
const CALLS_MAX = 100;
/** What the API takes in one call. */
const CHOSEN_MAX = 100;
