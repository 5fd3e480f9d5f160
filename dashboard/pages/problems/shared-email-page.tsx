import { Button, Checkbox, Group, Paper, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, read, type Schema } from '../../api/client.ts';
import { displayName, userAddress, type User } from '../../api/user-queries.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { usePages } from '../../parts/use-pages.ts';
import { plainText } from '../../parts/visible-text.ts';
import { useMayChange } from '../../session/session-store.ts';
import { MergePreview } from '../users/merge-preview.tsx';
import { useRefreshUsers } from '../users/use-merge.ts';
import { ProblemsPage } from './problems-page.tsx';
import classes from './shared-email-page.module.css';

type SharedEmail = Schema<'SharedEmail'>;

export function SharedEmailPage() {
  const pages = usePages({
    queryKey: ['flags', 'shared-email'],
    fetchPage: async (cursor) =>
      await read(
        api.GET('/api/flags/shared-email', {
          params: { query: { ...(cursor !== undefined && { cursor }) } },
        }),
      ),
    rowsOf: (page) => page.groups,
  });
  return (
    <ProblemsPage
      title="Users that share an email"
      description="They may be one person. Merge them, or say that they are not duplicates."
    >
      <PagedList
        pages={pages}
        empty={
          <EmptyState title="No two users share an email">
            Whoever an identify event or an import could not tell apart would be listed here.
          </EmptyState>
        }
      >
        {(groups) => (
          <div className={classes['groups']}>
            {groups.map((group) => (
              <EmailGroup key={group.email} group={group} />
            ))}
          </div>
        )}
      </PagedList>
    </ProblemsPage>
  );
}

/** Two users at a time: who is marked third takes the place of the second. */
function useTwo(): [readonly string[], (userId: string) => void] {
  const [marked, setMarked] = useState<readonly string[]>([]);
  const toggle = (userId: string): void => {
    setMarked(
      marked.includes(userId) ? marked.filter((id) => id !== userId) : [...marked.slice(0, 1), userId],
    );
  };
  return [marked, toggle];
}

function EmailGroup({ group }: { readonly group: SharedEmail }) {
  const mayChange = useMayChange();
  const refresh = useRefreshUsers();
  const [marked, toggle] = useTwo();
  const [question, setQuestion] = useState<'merge' | 'dismiss'>();
  const close = (): void => setQuestion(undefined);
  const [first, second] = group.userCount === 2 ? group.users.map(({ userId }) => userId) : marked;
  const canMerge = first !== undefined && second !== undefined;
  return (
    <Paper withBorder radius="lg" component="section" aria-label={plainText(group.email)}>
      <Group justify="space-between" p="lg" align="flex-start">
        <div className={classes['words']}>
          <Text fw={600}>
            <EventText>{group.email}</EventText>
          </Text>
          <Text size="sm" c="dimmed">
            {group.message}
          </Text>
        </div>
        {mayChange && (
          <Group gap="sm">
            <Button variant="default" size="sm" onClick={() => setQuestion('dismiss')}>
              Not duplicates
            </Button>
            <Button size="sm" disabled={!canMerge} onClick={() => setQuestion('merge')}>
              {canMerge ? 'Merge…' : 'Mark two to merge'}
            </Button>
          </Group>
        )}
      </Group>
      <table className={classes['members']}>
        <tbody>
          {group.users.map((user) => (
            <Member
              key={user.userId}
              user={user}
              isMarked={marked.includes(user.userId)}
              onToggle={mayChange && group.userCount > 2 ? () => toggle(user.userId) : undefined}
            />
          ))}
        </tbody>
      </table>
      {group.userCount > group.users.length && (
        <Text size="sm" c="dimmed" p="lg">
          and {(group.userCount - group.users.length).toLocaleString()} more.
        </Text>
      )}
      <Dialog opened={question === 'merge'} onClose={close} title="Merge two users" size="xl">
        {canMerge && <MergePreview firstId={first} secondId={second} onClose={close} />}
      </Dialog>
      <ConfirmDialog
        opened={question === 'dismiss'}
        onClose={close}
        title="Not duplicates?"
        action="They are different people"
        onConfirm={async () => {
          await read(
            api.POST('/api/flags/shared-email/{email}/dismiss', {
              params: { path: { email: group.email } },
            }),
          );
          await refresh();
          showSuccess('Noted. They come back here when another user joins them.');
        }}
      >
        The group leaves this list until another user with this email appears. Nothing else changes.
      </ConfirmDialog>
    </Paper>
  );
}

interface MemberProps {
  readonly user: User;
  readonly isMarked: boolean;
  readonly onToggle: (() => void) | undefined;
}

function Member({ user, isMarked, onToggle }: MemberProps) {
  return (
    <tr>
      {onToggle !== undefined && (
        <td className={classes['mark']}>
          <Checkbox
            aria-label={`Merge ${plainText(displayName(user))}`}
            checked={isMarked}
            onChange={onToggle}
          />
        </td>
      )}
      <td>
        <Link to={userAddress(user.userId)}>
          <EventText>{displayName(user)}</EventText>
        </Link>
        <Text size="xs" c="dimmed" component="div">
          {user.imported ? 'imported' : <EventText>{user.userId}</EventText>}
        </Text>
      </td>
      <td>
        {user.billingId === null ? (
          <Text span size="sm" c="dimmed">
            no billing id
          </Text>
        ) : (
          <EventText>{user.billingId}</EventText>
        )}
      </td>
      <td>
        <Text size="sm" c="dimmed">
          known since <Time at={user.createdAt} as="relative" />
        </Text>
      </td>
    </tr>
  );
}
