import { Alert, Text } from '@mantine/core';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { allFeatures, amountOf } from '../../api/feature-queries.ts';
import type { RuleImpact } from '../../api/rule-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { signedAmount } from '../../parts/signed-amount.ts';
import classes from './preview-panel.module.css';

/** What changing the past would do to usage, before it is done. */
export function ImpactText({ query }: { readonly query: UseQueryResult<RuleImpact> }) {
  const features = useQuery(allFeatures);
  return (
    <Alert color="orange" variant="light" mt="sm" role="status">
      <QueryState query={query} lines={2}>
        {({ exact, events, usage }) => (
          <>
            <Text fw={600} size="sm">
              {events === 0
                ? 'No event would change.'
                : `${events.toLocaleString()} ${events === 1 ? 'event' : 'events'} would change.`}
            </Text>
            <ul className={classes['rows']}>
              {usage.map(({ featureId, sum, count }) => {
                const feature = features.data?.find(({ id }) => id === featureId);
                return (
                  <li key={featureId} className={classes['row']}>
                    <EventText>{feature?.name ?? featureId}</EventText>
                    <span className={classes['amount']}>
                      {signedAmount(amountOf(feature, sum))}
                      {count !== 0 && `, ${signedAmount(count.toLocaleString())} events`}
                    </span>
                  </li>
                );
              })}
            </ul>
            {!exact && (
              <Text size="sm">
                There are more events than could be looked at in time: it may be more, but is done exactly.
              </Text>
            )}
          </>
        )}
      </QueryState>
    </Alert>
  );
}
