import { Alert, Button, Center, Group } from '@mantine/core';
import { Component, type ReactNode } from 'react';

interface ErrorBoundaryProps {
  readonly children: ReactNode;
}

/** A page that failed does not take the others with it. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { readonly hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <Center p="xl">
        <Alert color="red" variant="light" title="This page failed" role="alert" maw="34rem">
          What you saved is safe. Load the page anew; if it fails again, Tallyhook may have been updated in
          the meantime, or this is a fault worth reporting.
          <Group mt="sm">
            <Button size="xs" variant="default" onClick={() => location.reload()}>
              Load the page anew
            </Button>
          </Group>
        </Alert>
      </Center>
    );
  }
}
