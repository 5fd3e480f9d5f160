import { Button, Center } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { ErrorState } from './error-state.tsx';

interface MoreButtonProps<Page> {
  readonly pages: Pick<
    UseInfiniteQueryResult<InfiniteData<Page>>,
    'hasNextPage' | 'isFetchingNextPage' | 'isFetchNextPageError' | 'error' | 'fetchNextPage'
  >;
}

/** Below a list of `usePages`: loads the next page of it, while there is one. */
export function MoreButton<Page>({ pages }: MoreButtonProps<Page>) {
  if (pages.isFetchNextPageError) {
    return <ErrorState error={pages.error} onRetry={() => void pages.fetchNextPage()} />;
  }
  if (!pages.hasNextPage) return null;
  return (
    <Center>
      <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
        Show more
      </Button>
    </Center>
  );
}
