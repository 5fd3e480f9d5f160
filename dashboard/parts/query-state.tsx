import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ErrorState } from './error-state.tsx';

interface QueryStateProps<Data> {
  readonly query: UseQueryResult<Data>;
  /** How much room to keep while it loads, in lines. @default 6 */
  readonly lines?: number;
  readonly children: (data: Data) => ReactNode;
}

/** What a query has brought, or that it is under way, or why it failed. Data that are there stay when a refresh fails. */
export function QueryState<Data>({ query, lines = 6, children }: QueryStateProps<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <LoadingLines lines={lines} />;
}

export function LoadingLines({ lines }: { readonly lines: number }) {
  return (
    <Stack gap="sm" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton
          key={line}
          height={line === 0 ? 22 : 16}
          width={line === 0 ? '40%' : `${String(96 - (line % 3) * 9)}%`}
        />
      ))}
    </Stack>
  );
}
