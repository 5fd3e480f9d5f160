import { Redirect } from 'wouter';
import { useOverview } from '../../api/use-overview.ts';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { UsagePanel } from '../../usage/usage-panel.tsx';
import { EventsIn } from './events-in.tsx';
import { NextSteps } from './next-steps.tsx';

export function OverviewPage() {
  const query = useOverview();
  // Nothing has ever arrived: there is no usage to look at, and something to do first.
  if (query.data?.hasEvents === false) return <Redirect to="/start" replace />;
  return (
    <Page title="Overview" description="What your features are used for, from every event that counts.">
      <QueryState query={query} lines={2}>
        {(overview) => <NextSteps overview={overview} />}
      </QueryState>
      <EventsIn waiting={query.data?.unmapped.events} />
      <UsagePanel empty="Nothing was counted in this time. Choose a longer one, or see under Unmapped what arrived and did not count." />
    </Page>
  );
}
