import { NativeSelect } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { eventsPage } from '../../api/event-queries.ts';
import type { User } from '../../api/user-queries.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Section } from '../../parts/section.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { plainText } from '../../parts/visible-text.ts';
import { EventTable } from '../events/event-table.tsx';

const ROWS_PER_PAGE = 25;

/** The events of a user, newest first: of one id at a time, because each id has a timeline of its own. */
export function UserTimeline({ user }: { readonly user: User }) {
  const [search, setSearch] = useSearchParams();
  const wanted = search.get('id');
  const userId = wanted !== null && user.userIds.includes(wanted) ? wanted : user.userId;
  const pages = usePages({
    queryKey: ['events', 'of-user', userId],
    fetchPage: async (cursor) => await eventsPage({ userId }, cursor, ROWS_PER_PAGE),
    rowsOf: (page) => page.events,
  });
  return (
    <Section
      title="Events"
      description="Newest first."
      actions={
        user.userIds.length > 1 && (
          <NativeSelect
            label="That carried the id"
            value={userId}
            onChange={(event) => setSearch({ id: event.currentTarget.value }, { replace: true })}
            data={user.userIds.map((id) => ({ value: id, label: plainText(id, 60) }))}
          />
        )
      }
    >
      <PagedList
        pages={pages}
        empty={
          <EmptyState title="No events yet">
            {user.imported
              ? 'This user was imported; no event has named it so far.'
              : 'No event that is still kept carried this id.'}
          </EmptyState>
        }
      >
        {(events) => (
          <EventTable label="Events of this user" events={events} withUser={user.userIds.length > 1} />
        )}
      </PagedList>
    </Section>
  );
}
