import { useInfiniteQuery } from '@tanstack/react-query';

interface PagesOptions<Page extends { readonly cursor?: string | undefined }, Row> {
  /** With everything that the list is filtered by. */
  readonly queryKey: readonly unknown[];
  readonly fetchPage: (cursor: string | undefined) => Promise<Page>;
  readonly rowsOf: (page: Page) => readonly Row[];
  /** Milliseconds; while it is given, the list refreshes itself. */
  readonly refreshEvery?: number | undefined;
}

/** A list that the API gives out in pages, as one list so far, to be shown with `<MoreButton>` below it. */
export function usePages<Page extends { readonly cursor?: string | undefined }, Row>({
  queryKey,
  fetchPage,
  rowsOf,
  refreshEvery,
}: PagesOptions<Page, Row>) {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page) => page.cursor,
    ...(refreshEvery !== undefined && { refetchInterval: refreshEvery }),
  });
  return { ...query, rows: query.data?.pages.flatMap((page) => rowsOf(page)) };
}
