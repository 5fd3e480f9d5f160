import { Button, Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { eventsPage } from '../../api/event-queries.ts';
import { largestGroups, type UnmappedGroup } from '../../api/unmapped-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { FactList } from '../../parts/fact-list.tsx';
import { JsonText } from '../../parts/json-text.tsx';
import { MoreButton } from '../../parts/more-button.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { plainText } from '../../parts/visible-text.ts';
import { EventTable } from '../events/event-table.tsx';
import { groupIn, isGroup, REASON_SENTENCES } from './group-address.ts';
import { GroupAction } from './group-action.tsx';
import { Suggestions } from './suggestions.tsx';
import { Reason } from './unmapped-page.tsx';

export function UnmappedGroupPage() {
  const [search] = useSearchParams();
  const wanted = groupIn(search);
  const groups = useQuery(largestGroups);
  const group = groups.data?.find((candidate) => isGroup(candidate, wanted));
  return (
    <Page
      title={plainText(wanted.event)}
      heading={<EventText>{wanted.event}</EventText>}
      back={<BackLink to="/unmapped">Unmapped</BackLink>}
      description={group !== undefined && REASON_SENTENCES[group.reason]}
      actions={group !== undefined && <GroupAction group={group} variant="filled" />}
    >
      <QueryState query={groups}>
        {() =>
          group === undefined ? (
            <EmptyState
              title="Nothing is waiting here any more"
              actions={
                <Button variant="default" component={Link} href="/reprocessing">
                  See what was reprocessed
                </Button>
              }
            >
              The events of this group have been counted in the meantime, or the group is one of very many
              small ones.
            </EmptyState>
          ) : (
            <Group group={group} />
          )
        }
      </QueryState>
    </Page>
  );
}

function Group({ group }: { readonly group: UnmappedGroup }) {
  return (
    <>
      <Paper withBorder radius="lg" p="lg">
        <FactList
          facts={[
            ['Why', <Reason key="why" group={group} />],
            ['Events', group.count.toLocaleString()],
            ['Users', `about ${group.users.toLocaleString()}`],
            ['First seen', <Time key="first" at={group.firstSeen} />],
            ['Last seen', <Time key="last" at={group.lastSeen} />],
          ]}
        />
      </Paper>
      {group.featureId === undefined && <Suggestions group={group} />}
      {group.sample !== undefined && (
        <section aria-label="Sample">
          <Title order={2} size="h4" mb="sm">
            Properties of a recent event
          </Title>
          <JsonText label="Properties of a recent event">{group.sample.properties}</JsonText>
          {group.sample.shortened && (
            <Text size="sm" c="dimmed" mt="xs">
              Large properties are left out.{' '}
              <Link to={`/events/id/${encodeURIComponent(group.sample.messageId)}`}>The whole event</Link>
            </Text>
          )}
        </section>
      )}
      <GroupEvents group={group} />
    </>
  );
}

/** A few say what they are like; more on demand. */
const EVENTS_SHOWN = 10;

function GroupEvents({ group: { event, featureId, reason } }: { readonly group: UnmappedGroup }) {
  const pages = usePages({
    queryKey: ['events', 'unmapped', event, featureId],
    fetchPage: (cursor) =>
      eventsPage(
        { status: 'unmapped', event, ...(featureId !== undefined && { featureId }) },
        cursor,
        EVENTS_SHOWN,
      ),
    rowsOf: ({ events }) => events.filter((row) => row.reason === reason),
  });
  return (
    <section aria-label="Events">
      <Title order={2} size="h4" mb="sm">
        Its events
      </Title>
      <QueryState query={pages}>
        {() => (
          <Stack>
            <EventTable label="Events of this group" events={pages.rows ?? []} />
            <MoreButton pages={pages} />
          </Stack>
        )}
      </QueryState>
    </section>
  );
}
