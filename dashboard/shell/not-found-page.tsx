import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <EmptyState
        title="There is no page at this address"
        actions={
          <Button component={Link} href="/overview">
            Go to the overview
          </Button>
        }
      >
        The link may be old, or a part of it is missing.
      </EmptyState>
    </Page>
  );
}
