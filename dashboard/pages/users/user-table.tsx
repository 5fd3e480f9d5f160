import { Badge, Text } from '@mantine/core';
import { Link } from 'wouter';
import { displayName, userAddress, type User } from '../../api/user-queries.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Time } from '../../parts/time.tsx';

interface UserTableProps {
  readonly users: readonly User[];
  readonly label: string;
  /** False where nobody has a billing id. @default true */
  readonly withBilling?: boolean;
}

const BILLING: Column<User> = {
  title: 'Billing id',
  cell: ({ billingId, billingProvider }) =>
    billingId === null ? (
      <None />
    ) : (
      <>
        <EventText>{billingId}</EventText>{' '}
        <Badge size="sm" variant="light" color="gray">
          {billingProvider === 'stripe' ? 'Stripe' : 'Chargebee'}
        </Badge>
      </>
    ),
};
const COLUMNS: readonly Column<User>[] = [
  {
    title: 'User',
    cell: (user) => (
      <>
        <Link to={userAddress(user.userId)}>
          <EventText>{displayName(user)}</EventText>
        </Link>
        <Text size="xs" c="dimmed" component="div">
          {user.imported ? 'imported' : <EventText>{user.userId}</EventText>}
          {user.userIds.length > 1 && ` and ${String(user.userIds.length - 1)} more`}
        </Text>
      </>
    ),
  },
  {
    title: 'Email',
    cell: ({ email }) => (email === null ? <None /> : <EventText>{email}</EventText>),
  },
  BILLING,
  {
    title: 'Since',
    cell: ({ createdAt }) => (
      <Text span size="sm" c="dimmed">
        <Time at={createdAt} as="relative" />
      </Text>
    ),
  },
];

export function UserTable({ users, label, withBilling = true }: UserTableProps) {
  return (
    <DataTable
      label={label}
      columns={withBilling ? COLUMNS : COLUMNS.filter((column) => column !== BILLING)}
      rows={users}
      keyOf={({ userId }) => userId}
    />
  );
}

const None = () => (
  <Text span c="dimmed" size="sm">
    none
  </Text>
);
