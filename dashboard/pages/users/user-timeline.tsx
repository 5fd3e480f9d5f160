import { eventsPage } from '../../api/event-queries.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Section } from '../../parts/section.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { EventTable } from '../events/event-table.tsx';

const ROWS_PER_PAGE = 25;

/** The events of a user, newest first. */
export function UserTimeline({ userId }: { readonly userId: string }) {
  const pages = usePages({
    queryKey: ['events', 'of-user', userId],
    fetchPage: async (cursor) => await eventsPage({ userId }, cursor, ROWS_PER_PAGE),
    rowsOf: (page) => page.events,
  });
  return (
    <Section title="Events" description="Newest first.">
      <PagedList
        pages={pages}
        empty={
          <EmptyState title="No events yet">This user was imported; no event has named it so far.</EmptyState>
        }
      >
        {(events) => <EventTable label="Events of this user" events={events} />}
      </PagedList>
    </Section>
  );
}
