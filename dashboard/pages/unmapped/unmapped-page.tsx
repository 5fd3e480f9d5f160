import { Alert, Badge, Button, Table, VisuallyHidden } from '@mantine/core';
import { Link } from 'wouter';
import { unmappedPage, type UnmappedGroup } from '../../api/unmapped-queries.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { MoreButton } from '../../parts/more-button.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';
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

function GroupTable({ groups }: { readonly groups: readonly UnmappedGroup[] }) {
  return (
    <TableFrame label="Groups of unmapped events">
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Event</Table.Th>
            <Table.Th>Why</Table.Th>
            <Table.Th ta="right">Events</Table.Th>
            <Table.Th ta="right">Users</Table.Th>
            <Table.Th>Last seen</Table.Th>
            <Table.Th>
              <VisuallyHidden>Actions</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {groups.map((group) => (
            <Table.Tr key={groupAddress(group)}>
              <Table.Td className={classes['event']}>
                <Link to={groupAddress(group)} className={classes['name'] ?? ''}>
                  <EventText lengthMax={80}>{group.event}</EventText>
                </Link>
                {group.sample !== undefined && <PropertyLine properties={group.sample.properties} />}
              </Table.Td>
              <Table.Td>
                <Reason group={group} />
              </Table.Td>
              <Table.Td ta="right" className={classes['number']}>
                {group.count.toLocaleString()}
              </Table.Td>
              <Table.Td ta="right" className={classes['number']}>
                about {group.users.toLocaleString()}
              </Table.Td>
              <Table.Td>
                <Time at={group.lastSeen} as="relative" />
              </Table.Td>
              <Table.Td ta="right">
                <GroupAction group={group} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableFrame>
  );
}

export function Reason({ group }: { readonly group: UnmappedGroup }) {
  return (
    <>
      <Badge variant="light" color={group.reason === 'no_rule' ? 'gray' : 'orange'}>
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
