import { Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { UserDetail } from '../../api/user-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { FactList } from '../../parts/fact-list.tsx';
import { Time } from '../../parts/time.tsx';

type FieldName = keyof UserDetail['sources'];

/** What is known of a user, and which event said so. */
export function UserFields({ user }: { readonly user: UserDetail }) {
  const field = (name: FieldName): ReactNode => <Field user={user} name={name} />;
  return (
    <Paper withBorder radius="lg" p="lg">
      <FactList
        facts={[
          ['Name', field('name')],
          ['Email', field('email')],
          ['Billing id', field('billingId')],
          [
            user.userIds.length === 1 ? 'Id' : `Ids (${String(user.userIds.length)})`,
            user.userIds.map((id) => (
              <div key={id}>
                <EventText expandable>{id}</EventText>
              </div>
            )),
          ],
          ['Known since', <Time key="since" at={user.createdAt} />],
        ]}
      />
    </Paper>
  );
}

function Field({ user, name }: { readonly user: UserDetail; readonly name: FieldName }) {
  const value = user[name];
  const source = user.sources[name];
  return (
    <>
      {value === null ? (
        <Text span c="dimmed">
          unknown
        </Text>
      ) : (
        <EventText expandable>{value}</EventText>
      )}
      {source !== undefined && (
        <Text size="xs" c="dimmed" component="div">
          {source.messageId === undefined ? (
            'imported'
          ) : (
            <Link to={`/events/id/${encodeURIComponent(source.messageId)}`}>said by an event</Link>
          )}{' '}
          <Time at={source.at} as="relative" />
        </Text>
      )}
    </>
  );
}
