import { Text } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { eventsPage, type EventFilter } from '../../api/event-queries.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { MoreButton } from '../../parts/more-button.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { filterIn } from './event-filter.ts';
import { EventSearch } from './event-search.tsx';
import { EventTable } from './event-table.tsx';
import { EventsFrame } from './events-frame.tsx';

export function SearchPage() {
  const [search] = useSearchParams();
  const filter = filterIn(search);
  return (
    <EventsFrame title="Search events" description="Every event that was accepted is kept, and can be found.">
      <EventSearch key={search.toString()} />
      {filter === undefined ? (
        <Text c="dimmed">Say whose events you look for, or which one.</Text>
      ) : (
        <Found filter={filter} />
      )}
    </EventsFrame>
  );
}

function Found({ filter }: { readonly filter: EventFilter }) {
  const pages = usePages({
    queryKey: ['events', 'search', filter],
    fetchPage: (cursor) => eventsPage(filter, cursor),
    rowsOf: ({ events }) => events,
  });
  return (
    <QueryState query={pages}>
      {() =>
        (pages.rows ?? []).length === 0 && !pages.hasNextPage ? (
          <EmptyState title="No events found">
            {filter.userId === undefined
              ? 'No unmapped event has this name: it counts for a feature, or never arrived.'
              : 'Ids are compared exactly, with their letter case. The time range may leave them out.'}
          </EmptyState>
        ) : (
          <>
            <EventTable label="Events found" events={pages.rows ?? []} />
            <MoreButton pages={pages} />
          </>
        )
      }
    </QueryState>
  );
}
