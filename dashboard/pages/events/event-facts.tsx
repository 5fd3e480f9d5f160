import { Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Explanation } from '../../api/event-queries.ts';
import { allFeatures, amountOf } from '../../api/feature-queries.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { FactList } from '../../parts/fact-list.tsx';
import { Time } from '../../parts/time.tsx';
import { UserLink } from './event-table.tsx';

/** What is known of an event at a glance. */
export function EventFacts({ event }: { readonly event: NonNullable<Explanation['event']> }) {
  const uses = event.outcome?.uses ?? [];
  return (
    <FactList
      facts={[
        ['User', <UserLink key="user" userId={event.userId} />],
        [
          'Message id',
          <Group key="id" gap={4} wrap="nowrap">
            <EventText lengthMax={120} expandable>
              {event.messageId}
            </EventText>
            <CopyButton value={event.messageId} label="Copy the message id" />
          </Group>,
        ],
        ['Counts at', <Time key="time" at={event.timestamp} />],
        ['Arrived', <Time key="arrived" at={event.receivedAt} />],
        ...(uses.length === 0 ? [] : [['Counted', <Uses key="uses" uses={uses} />] as const]),
      ]}
    />
  );
}

type Use = NonNullable<NonNullable<NonNullable<Explanation['event']>['outcome']>['uses']>[number];

function Uses({ uses }: { readonly uses: readonly Use[] }) {
  const features = useQuery(allFeatures);
  return (
    <>
      {uses.map(({ featureId, delta, ruleId }) => {
        const feature = features.data?.find(({ id }) => id === featureId);
        return (
          <div key={featureId}>
            {amountOf(feature, delta)} for{' '}
            <Link to={`/features/${encodeURIComponent(featureId)}`}>
              <EventText>{feature?.name ?? featureId}</EventText>
            </Link>
            {ruleId === undefined ? (
              ', which the event names itself'
            ) : (
              <>
                {' '}
                by <Link to={`/rules/id/${encodeURIComponent(ruleId)}`}>this rule</Link>
              </>
            )}
          </div>
        );
      })}
    </>
  );
}
