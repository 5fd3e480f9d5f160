import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { Router } from 'wouter';
import { queryClient } from './api/query-client.ts';
import { ErrorBoundary } from './parts/error-boundary.tsx';
import { News } from './parts/news.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { useExactLocation } from './shell/exact-location.ts';
import { Shell } from './shell/shell.tsx';
import { theme } from './theme.ts';

export function App() {
  return (
    // Variables and classes are in stylesheets, because the Content-Security-Policy allows no <style>.
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <ErrorBoundary>
        <QueryClientProvider client={queryClient}>
          <Router base="/app" hook={useExactLocation}>
            <SessionGate>
              <Shell />
            </SessionGate>
          </Router>
          <News />
        </QueryClientProvider>
      </ErrorBoundary>
    </MantineProvider>
  );
}
