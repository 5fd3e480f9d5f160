import { Badge, Table } from '@mantine/core';
import { Link } from 'wouter';
import type { UserDetail } from '../../api/user-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { Section } from '../../parts/section.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';
import { Time } from '../../parts/time.tsx';

/** What Segment Engage has told about a user; nothing where it is not used. */
export function UserEngage({ user }: { readonly user: UserDetail }) {
  const audiences = Object.entries(user.audiences);
  const traits = Object.entries(user.computedTraits);
  return (
    <>
      {audiences.length > 0 && (
        <Section title="Audiences" description="From Segment Engage.">
          <TableFrame label="Audiences">
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Audience</Table.Th>
                  <Table.Th>Member</Table.Th>
                  <Table.Th>Entered</Table.Th>
                  <Table.Th>Left</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {audiences.map(([name, { member, enteredAt, exitedAt }]) => (
                  <Table.Tr key={name}>
                    <Table.Td>
                      <Link to={`/users?audience=${encodeURIComponent(name)}`}>
                        <EventText>{name}</EventText>
                      </Link>
                    </Table.Td>
                    <Table.Td>
                      <Badge variant="light" color={member ? 'teal' : 'gray'}>
                        {member ? 'yes' : 'no longer'}
                      </Badge>
                    </Table.Td>
                    <Table.Td>{enteredAt !== undefined && <Time at={enteredAt} as="relative" />}</Table.Td>
                    <Table.Td>{exitedAt !== undefined && <Time at={exitedAt} as="relative" />}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </TableFrame>
        </Section>
      )}
      {traits.length > 0 && (
        <Section title="Computed traits" description="From Segment Engage.">
          <TableFrame label="Computed traits">
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Trait</Table.Th>
                  <Table.Th>Value</Table.Th>
                  <Table.Th>Computed</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {traits.map(([name, { value, at }]) => (
                  <Table.Tr key={name}>
                    <Table.Td>
                      <EventText>{name}</EventText>
                    </Table.Td>
                    <Table.Td>
                      <EventText expandable>
                        {typeof value === 'string' ? value : JSON.stringify(value)}
                      </EventText>
                    </Table.Td>
                    <Table.Td>
                      <Time at={at} as="relative" />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </TableFrame>
        </Section>
      )}
    </>
  );
}
