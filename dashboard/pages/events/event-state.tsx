import { Badge } from '@mantine/core';
import type { EventStatus, EventSummary } from '../../api/event-queries.ts';
import { REASON_WORDS } from '../unmapped/group-address.ts';

export const STATES: Readonly<Record<EventStatus, { readonly label: string; readonly color: string }>> = {
  received: { label: 'Waiting', color: 'blue' },
  mapped: { label: 'Counted', color: 'teal' },
  unmapped: { label: 'Unmapped', color: 'orange' },
  applied: { label: 'User updated', color: 'gray' },
  quarantined: { label: 'Quarantined', color: 'red' },
  erased: { label: 'Erased', color: 'gray' },
};

/** What has become of an event. */
export function EventState({
  event,
}: {
  readonly event: Pick<EventSummary, 'status' | 'reason' | 'conflict'>;
}) {
  const { label, color } = STATES[event.status];
  return (
    <>
      <Badge variant="light" color={color}>
        {event.reason === undefined ? label : REASON_WORDS[event.reason]}
      </Badge>
      {event.conflict && (
        <Badge variant="outline" color="orange" ml={6}>
          Sent twice, differently
        </Badge>
      )}
    </>
  );
}
