import { Alert, Badge, Button } from '@mantine/core';
import { Link } from 'wouter';
import { unmappedPage, type UnmappedGroup } from '../../api/unmapped-queries.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { MoreButton } from '../../parts/more-button.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { PropertyLine } from '../../rule-text/property-line.tsx';
import { groupAddress, REASON_WORDS } from './group-address.ts';
import { GroupAction } from './group-action.tsx';
import classes from './unmapped.module.css';

const REFRESH_MS = 15_000;

export function UnmappedPage() {
  const pages = usePages({
    queryKey: ['unmapped', 'list'],
    fetchPage: unmappedPage,
    rowsOf: ({ groups }) => groups,
    refreshEvery: REFRESH_MS,
  });
  return (
    <Page
      title="Unmapped"
      description="Events that are stored and count for nothing yet, by name and reason. Nothing is lost: they are counted as soon as a rule or a feature takes them."
    >
      <QueryState query={pages}>
        {({ pages: loaded }) =>
          pages.rows === undefined || pages.rows.length === 0 ? (
            <EmptyState
              title="Nothing is waiting"
              actions={
                <Button variant="default" component={Link} href="/events">
                  See what arrives
                </Button>
              }
            >
              Every event that has arrived counts for a feature, or none has arrived yet.
            </EmptyState>
          ) : (
            <>
              {loaded[0]?.complete === false && (
                <Alert color="orange" variant="light">
                  There are more groups than can be sorted at once: the largest of those that were looked at
                  are shown. Event names that hold ids make a group each.
                </Alert>
              )}
              <GroupTable groups={pages.rows} />
              <MoreButton pages={pages} />
            </>
          )
        }
      </QueryState>
    </Page>
  );
}

const COLUMNS: readonly Column<UnmappedGroup>[] = [
  {
    title: 'Event',
    widthMin: '15rem',
    cell: (group) => (
      <>
        <Link to={groupAddress(group)} className={classes['name'] ?? ''}>
          <EventText lengthMax={80}>{group.event}</EventText>
        </Link>
        {group.sample !== undefined && <PropertyLine properties={group.sample.properties} />}
      </>
    ),
  },
  { title: 'Why', cell: (group) => <Reason group={group} /> },
  { title: 'Events', kind: 'number', cell: ({ count }) => count.toLocaleString() },
  {
    title: 'Users',
    kind: 'number',
    cell: ({ users }) => <span className={classes['number']}>about {users.toLocaleString()}</span>,
  },
  { title: 'Last seen', cell: ({ lastSeen }) => <Time at={lastSeen} as="relative" /> },
  { title: 'Actions', kind: 'action', cell: (group) => <GroupAction group={group} /> },
];

function GroupTable({ groups }: { readonly groups: readonly UnmappedGroup[] }) {
  return <DataTable label="Groups of unmapped events" columns={COLUMNS} rows={groups} keyOf={groupAddress} />;
}

export function Reason({ group }: { readonly group: UnmappedGroup }) {
  return (
    <>
      <Badge variant="light" color="orange">
        {REASON_WORDS[group.reason]}
      </Badge>
      {group.featureId !== undefined && (
        <div className={classes['feature']}>
          <EventText lengthMax={60}>{group.featureId}</EventText>
        </div>
      )}
    </>
  );
}
