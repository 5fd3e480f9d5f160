import { Alert, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { allFeatures } from '../../api/feature-queries.ts';
import { useOverview } from '../../api/use-overview.ts';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { useMayChange } from '../../session/session-store.ts';
import { ConnectStep } from './connect-step.tsx';
import { EventStep } from './event-step.tsx';
import { FeatureStep } from './feature-step.tsx';
import { KeyStep } from './key-step.tsx';
import { RuleStep } from './rule-step.tsx';
import { UsageStep } from './usage-step.tsx';
import { useUsageSoFar } from './use-usage-so-far.ts';

/** From nothing to the first counted use, one step after the other. Where one is follows from what there is. */
export function StartPage() {
  const mayChange = useMayChange();
  const queryClient = useQueryClient();
  const overview = useOverview();
  const features = useQuery(allFeatures).data ?? [];
  const usage = useUsageSoFar();
  // The key itself is known only here and now; it fills in the instructions below it.
  const [secret, setSecret] = useState<string>();
  const hasUsage = usage.count > 0;
  // What waited a moment ago counts now: the next page must not say that it does not.
  useEffect(() => {
    if (hasUsage) void queryClient.invalidateQueries({ queryKey: ['overview'] });
  }, [hasUsage, queryClient]);
  return (
    <Page
      title="Get started"
      description="From your first event to your first counted use, in about five minutes. You can leave and come back at any time."
    >
      {!mayChange && (
        <Alert color="gray" variant="light" role="status">
          Your key may only read. To set Tallyhook up, sign in with the admin key.
        </Alert>
      )}
      <QueryState query={overview} lines={10}>
        {({ hasEvents, rules }) => (
          <Stack component="ol" gap="md" p={0} m={0} aria-label="Steps">
            <KeyStep
              isDone={secret !== undefined || hasEvents}
              mayChange={mayChange}
              secret={secret}
              onCreated={setSecret}
            />
            <ConnectStep isDone={hasEvents} secret={secret} />
            <EventStep isDone={hasEvents} />
            <FeatureStep
              state={features.length > 0 ? 'done' : hasEvents ? 'now' : 'later'}
              mayChange={mayChange}
              feature={features[0]}
            />
            <RuleStep
              state={hasUsage || rules > 0 ? 'done' : hasEvents && features.length > 0 ? 'now' : 'later'}
              mayChange={mayChange}
              features={features}
            />
            <UsageStep
              state={hasUsage ? 'done' : rules > 0 ? 'now' : 'later'}
              usage={usage}
              features={features}
            />
          </Stack>
        )}
      </QueryState>
    </Page>
  );
}
