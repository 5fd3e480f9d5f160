import { Badge } from '@mantine/core';
import { Link } from 'wouter';
import type { UserDetail } from '../../api/user-queries.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { groupedDecimal } from '../../parts/grouped-decimal.ts';
import { Section } from '../../parts/section.tsx';
import { Time } from '../../parts/time.tsx';

/** What Segment Engage has told about a user; nothing where it is not used. */
export function UserEngage({ user }: { readonly user: UserDetail }) {
  const audiences = Object.entries(user.audiences);
  const traits = Object.entries(user.computedTraits);
  return (
    <>
      {audiences.length > 0 && (
        <Section title="Audiences" description="From Segment Engage.">
          <DataTable
            label="Audiences"
            rows={audiences}
            keyOf={([name]) => name}
            columns={[
              {
                title: 'Audience',
                cell: ([name]) => (
                  <Link to={`/users?audience=${encodeURIComponent(name)}`}>
                    <EventText>{name}</EventText>
                  </Link>
                ),
              },
              {
                title: 'Member',
                cell: ([, { member }]) => (
                  <Badge variant="light" color={member ? 'teal' : 'gray'}>
                    {member ? 'Yes' : 'No longer'}
                  </Badge>
                ),
              },
              {
                title: 'Entered',
                cell: ([, { enteredAt }]) => enteredAt !== undefined && <Time at={enteredAt} as="relative" />,
              },
              {
                title: 'Left',
                cell: ([, { exitedAt }]) => exitedAt !== undefined && <Time at={exitedAt} as="relative" />,
              },
            ]}
          />
        </Section>
      )}
      {traits.length > 0 && (
        <Section title="Computed traits" description="From Segment Engage.">
          <DataTable
            label="Computed traits"
            rows={traits}
            keyOf={([name]) => name}
            columns={[
              { title: 'Trait', cell: ([name]) => <EventText>{name}</EventText> },
              {
                title: 'Value',
                cell: ([, { value }]) => <EventText expandable>{textOf(value)}</EventText>,
              },
              { title: 'Computed', cell: ([, { at }]) => <Time at={at} as="relative" /> },
            ]}
          />
        </Section>
      )}
    </>
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const json = JSON.stringify(value);
  return typeof value === 'number' && /^-?\d+(?:\.\d+)?$/.test(json) ? groupedDecimal(json) : json;
}
