import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorState } from './error-state.tsx';
import { MoreButton } from './more-button.tsx';
import { LoadingLines } from './query-state.tsx';

interface PagedListProps<Page, Row> {
  readonly pages: UseInfiniteQueryResult<InfiniteData<Page>> & { readonly rows: readonly Row[] | undefined };
  /** What stands there when there are none. */
  readonly empty: ReactNode;
  readonly children: (rows: readonly Row[]) => ReactNode;
}

/** A list of `usePages` in each of its states. */
export function PagedList<Page, Row>({ pages, empty, children }: PagedListProps<Page, Row>) {
  if (pages.rows === undefined) {
    if (pages.error !== null) return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
    return <LoadingLines lines={8} />;
  }
  // A page may be short, or empty, and still not be the last.
  if (pages.rows.length === 0 && !pages.hasNextPage) return empty;
  return (
    <>
      {pages.rows.length > 0 && children(pages.rows)}
      <MoreButton pages={pages} />
    </>
  );
}
