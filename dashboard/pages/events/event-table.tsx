import { Table } from '@mantine/core';
import { Link } from 'wouter';
import type { EventSummary } from '../../api/event-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';
import { Time } from '../../parts/time.tsx';
import { EventState } from './event-state.tsx';

interface EventTableProps {
  readonly label: string;
  readonly events: readonly EventSummary[];
}

/** Events, each with a link to its story. */
export function EventTable({ label, events }: EventTableProps) {
  return (
    <TableFrame label={label}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Event</Table.Th>
            <Table.Th>User</Table.Th>
            <Table.Th>Outcome</Table.Th>
            <Table.Th>Time</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <Table.Tr key={event.messageId}>
              <Table.Td miw="11rem">
                <EventLink event={event} />
              </Table.Td>
              <Table.Td miw="8rem">
                <UserLink userId={event.userId} />
              </Table.Td>
              <Table.Td>
                <EventState event={event} />
              </Table.Td>
              <Table.Td>
                <Time at={event.timestamp} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableFrame>
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
