import { Link } from 'wouter';
import type { EventSummary } from '../../api/event-queries.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Time } from '../../parts/time.tsx';
import { EventState } from './event-state.tsx';

interface EventTableProps {
  readonly label: string;
  readonly events: readonly EventSummary[];
  /** False where all carry the one id of the user whom the page is about. @default true */
  readonly withUser?: boolean;
}

const USER: Column<EventSummary> = {
  title: 'User',
  cell: ({ userId }) => <UserLink userId={userId} />,
  widthMin: '8rem',
};
const COLUMNS: readonly Column<EventSummary>[] = [
  { title: 'Event', cell: (event) => <EventLink event={event} />, widthMin: '11rem' },
  USER,
  { title: 'Outcome', cell: (event) => <EventState event={event} /> },
  { title: 'Time', cell: ({ timestamp }) => <Time at={timestamp} /> },
];

/** Events, each with a link to its story. */
export function EventTable({ label, events, withUser = true }: EventTableProps) {
  return (
    <DataTable
      label={label}
      columns={withUser ? COLUMNS : COLUMNS.filter((column) => column !== USER)}
      rows={events}
      keyOf={({ messageId }) => messageId}
    />
  );
}

export function EventLink({ event }: { readonly event: EventSummary }) {
  return (
    <Link to={`/events/id/${encodeURIComponent(event.messageId)}`}>
      {event.type === 'identify' ? 'identify' : <EventText lengthMax={80}>{event.event ?? ''}</EventText>}
    </Link>
  );
}

export function UserLink({ userId }: { readonly userId: string }) {
  return (
    <Link to={`/users/${encodeURIComponent(userId)}`}>
      <EventText lengthMax={60}>{userId}</EventText>
    </Link>
  );
}
