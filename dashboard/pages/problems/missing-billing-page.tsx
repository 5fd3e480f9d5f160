import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { api, read } from '../../api/client.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { UserTable } from '../users/user-table.tsx';
import { ProblemsPage } from './problems-page.tsx';

export function MissingBillingPage() {
  const pages = usePages({
    queryKey: ['flags', 'missing-billing'],
    fetchPage: async (cursor) =>
      await read(
        api.GET('/api/flags/missing-billing', {
          params: { query: { ...(cursor !== undefined && { cursor }) } },
        }),
      ),
    rowsOf: (page) => page.users,
  });
  return (
    <ProblemsPage
      title="Users without a billing id"
      description="Nobody can be charged for what they use. Send traits.billingUserId with identify, import your customers, or fill the ids in with a file."
      actions={
        <Button component={Link} href="/problems/imports">
          Import billing ids
        </Button>
      }
    >
      <PagedList
        pages={pages}
        empty={<EmptyState title="Everybody has a billing id">There is nothing to do here.</EmptyState>}
      >
        {(users) => <UserTable users={users} label="Users without a billing id" withBilling={false} />}
      </PagedList>
    </ProblemsPage>
  );
}
