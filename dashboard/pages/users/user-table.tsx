import { Badge, Table, Text } from '@mantine/core';
import { Link } from 'wouter';
import { displayName, userAddress, type User } from '../../api/user-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';
import { Time } from '../../parts/time.tsx';

interface UserTableProps {
  readonly users: readonly User[];
  readonly label: string;
}

export function UserTable({ users, label }: UserTableProps) {
  return (
    <TableFrame label={label}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>User</Table.Th>
            <Table.Th>Email</Table.Th>
            <Table.Th>Billing id</Table.Th>
            <Table.Th>Since</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {users.map((user) => (
            <Table.Tr key={user.userId}>
              <Table.Td>
                <Link to={userAddress(user.userId)}>
                  <EventText>{displayName(user)}</EventText>
                </Link>
                <Text size="xs" c="dimmed" component="div">
                  {user.imported ? 'imported' : <EventText>{user.userId}</EventText>}
                  {user.userIds.length > 1 && ` and ${String(user.userIds.length - 1)} more`}
                </Text>
              </Table.Td>
              <Table.Td>{user.email === null ? <None /> : <EventText>{user.email}</EventText>}</Table.Td>
              <Table.Td>
                {user.billingId === null ? (
                  <None />
                ) : (
                  <>
                    <EventText>{user.billingId}</EventText>{' '}
                    <Badge size="sm" variant="light" color="gray">
                      {user.billingProvider === 'stripe' ? 'Stripe' : 'Chargebee'}
                    </Badge>
                  </>
                )}
              </Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed">
                  <Time at={user.createdAt} as="relative" />
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableFrame>
  );
}

const None = () => (
  <Text span c="dimmed" size="sm">
    none
  </Text>
);
