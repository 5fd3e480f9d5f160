import { api, read } from '../../api/client.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { MergeTable } from '../users/merge-table.tsx';
import { ProblemsPage } from './problems-page.tsx';

export function MergesPage() {
  const pages = usePages({
    queryKey: ['merges'],
    fetchPage: async (cursor) =>
      await read(api.GET('/api/merges', { params: { query: { ...(cursor !== undefined && { cursor }) } } })),
    rowsOf: (page) => page.merges,
  });
  return (
    <ProblemsPage
      title="Merges"
      description="Every time two users became one, newest first: when, why, and by whom. Each can be undone."
    >
      <PagedList
        pages={pages}
        empty={
          <EmptyState title="No merges yet">
            An identify event whose email belongs to one imported user merges the two. You can also merge two
            users yourself, from their pages.
          </EmptyState>
        }
      >
        {(merges) => <MergeTable merges={merges} />}
      </PagedList>
    </ProblemsPage>
  );
}
