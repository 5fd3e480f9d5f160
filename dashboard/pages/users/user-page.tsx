import { Badge, Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../../api/api-error.ts';
import { displayName, oneUser, type UserDetail } from '../../api/user-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { usePathParam } from '../../parts/use-path-param.ts';
import { plainText } from '../../parts/visible-text.ts';
import { useMayChange } from '../../session/session-store.ts';
import { EraseUserDialog } from './erase-user-dialog.tsx';
import { MergeTable } from './merge-table.tsx';
import { MergeWithDialog } from './merge-with-dialog.tsx';
import { UserEngage } from './user-engage.tsx';
import { UserFields } from './user-fields.tsx';
import { UserTimeline } from './user-timeline.tsx';
import { UserUsage } from './user-usage.tsx';
import { Section } from '../../parts/section.tsx';

export function UserPage() {
  const userId = usePathParam('userId');
  const query = useQuery(oneUser(userId));
  const user = query.data;
  const name = user === undefined ? userId : displayName(user);
  const isMissing = query.error instanceof ApiError && query.error.status === 404;
  return (
    <Page
      title={plainText(name)}
      heading={<EventText>{name}</EventText>}
      back={<BackLink to="/users">Users</BackLink>}
      description={user !== undefined && <About user={user} askedFor={userId} />}
      actions={user !== undefined && <Actions user={user} />}
    >
      {isMissing ? (
        <EmptyState title="There is no user with this id">
          No processed event has named it yet, or the user was deleted. <Link to="/users">All users</Link>
        </EmptyState>
      ) : (
        <QueryState query={query} lines={10}>
          {(found) => (
            <>
              <UserFields user={found} />
              <UserUsage user={found} />
              <UserEngage user={found} />
              {found.merges.length > 0 && (
                <Section title="Merges">
                  <MergeTable merges={found.merges} />
                </Section>
              )}
              <UserTimeline user={found} />
            </>
          )}
        </QueryState>
      )}
    </Page>
  );
}

function About({ user, askedFor }: { readonly user: UserDetail; readonly askedFor: string }) {
  return (
    <Group gap="xs">
      <code>
        <EventText>{user.userId}</EventText>
      </code>
      <CopyButton value={user.userId} label="Copy the id" />
      {user.imported && (
        <Badge variant="light" color="gray">
          Imported, no event yet
        </Badge>
      )}
      {user.flags.includes('missing_billing') && (
        <Badge variant="light" color="orange">
          No billing id
        </Badge>
      )}
      {user.flags.includes('shared_email') && (
        <Badge variant="light" color="orange">
          Shares the email
        </Badge>
      )}
      {askedFor !== user.userId && (
        <span>
          <EventText>{askedFor}</EventText> was merged into this user.
        </span>
      )}
    </Group>
  );
}

function Actions({ user }: { readonly user: UserDetail }) {
  const [question, setQuestion] = useState<'merge' | 'erase'>();
  const close = (): void => setQuestion(undefined);
  if (!useMayChange()) return null;
  return (
    <>
      <Button variant="default" onClick={() => setQuestion('erase')}>
        Delete
      </Button>
      <Button onClick={() => setQuestion('merge')}>Merge with…</Button>
      <MergeWithDialog opened={question === 'merge'} onClose={close} user={user} />
      <EraseUserDialog opened={question === 'erase'} onClose={close} user={user} />
    </>
  );
}
