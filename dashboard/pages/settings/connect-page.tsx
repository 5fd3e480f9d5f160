import { Paper } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { connection } from '../../api/connection-query.ts';
import { QueryState } from '../../parts/query-state.tsx';
import { ConnectSteps } from '../../parts/connect-steps.tsx';
import { SettingsPage } from './settings-page.tsx';

export function ConnectPage() {
  const query = useQuery(connection);
  return (
    <SettingsPage
      title="Connect Segment"
      description="Send the track and identify events that you already have to this deployment. Nothing in your product changes."
    >
      <Paper withBorder radius="lg" p="lg">
        <QueryState query={query}>{(urls) => <ConnectSteps {...urls} />}</QueryState>
      </Paper>
    </SettingsPage>
  );
}
