import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { sentenceOf } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import { settings, uploadCsv, type Import } from '../../api/import-queries.ts';
import { DataTable, type Column } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Section } from '../../parts/section.tsx';
import { Time } from '../../parts/time.tsx';
import { showFailure } from '../../parts/toast.ts';
import { usePages } from '../../parts/use-pages.ts';
import { useMayChange } from '../../session/session-store.ts';
import { FileDrop } from './file-drop.tsx';
import { rememberFile } from './remembered-file.ts';
import { kindOf, StatusBadge } from './import-words.tsx';
import { ProblemsPage } from './problems-page.tsx';

export function ImportsPage() {
  const mayChange = useMayChange();
  return (
    <ProblemsPage
      title="Imports"
      description="Fill in who your users are: from a file, which first shows what each row would do, or from your billing provider."
    >
      {mayChange && (
        <>
          <FileImport />
          <ProviderImports />
        </>
      )}
      <PastImports />
    </ProblemsPage>
  );
}

function FileImport() {
  const [, navigate] = useLocation();
  const dryRun = useMutation({
    mutationFn: async (file: File) => ({ file, result: await uploadCsv(file, true) }),
    onSuccess: ({ file, result }) => {
      rememberFile(result.id, file);
      navigate(importAddress(result.id));
    },
  });
  return (
    <Section title="From a CSV file">
      <FileDrop
        isBusy={dryRun.isPending}
        problem={dryRun.error === null ? undefined : sentenceOf(dryRun.error)}
        onFile={(file) => dryRun.mutate(file)}
      />
    </Section>
  );
}

function ProviderImports() {
  const [, navigate] = useLocation();
  const configured = useQuery(settings);
  const start = useMutation({
    mutationFn: async (provider: 'stripe' | 'chargebee') =>
      await read(
        provider === 'stripe' ? api.POST('/api/imports/stripe') : api.POST('/api/imports/chargebee'),
      ),
    onSuccess: (started) => navigate(importAddress(started.import.id)),
    onError: (error) => showFailure(sentenceOf(error)),
  });
  if (configured.data === undefined) return null;
  const { stripe, chargebee } = configured.data;
  return (
    <Section
      title="From your billing provider"
      description="Every customer with its id, email and name. It can be repeated at any time; webhooks keep it current afterwards."
    >
      <Group>
        <Button
          variant="default"
          disabled={!stripe.configured}
          loading={start.isPending && start.variables === 'stripe'}
          onClick={() => start.mutate('stripe')}
        >
          Import from Stripe
        </Button>
        <Button
          variant="default"
          disabled={!chargebee.configured}
          loading={start.isPending && start.variables === 'chargebee'}
          onClick={() => start.mutate('chargebee')}
        >
          Import from Chargebee
        </Button>
      </Group>
      {(!stripe.configured || !chargebee.configured) && (
        <Text size="sm" c="dimmed">
          A provider can be chosen when its keys are set up: <Link to="/settings/billing">Settings</Link>.
        </Text>
      )}
    </Section>
  );
}

const COLUMNS: readonly Column<Import>[] = [
  { title: 'Import', cell: (one) => <Link to={importAddress(one.id)}>{kindOf(one)}</Link> },
  { title: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { title: 'Rows', kind: 'number', cell: ({ done }) => done.toLocaleString() },
  { title: 'Started', cell: ({ startedAt }) => <Time at={startedAt} as="relative" /> },
];

function PastImports() {
  const pages = usePages({
    queryKey: ['imports', 'list'],
    fetchPage: async (cursor) =>
      await read(api.GET('/api/imports', { params: { query: { ...(cursor !== undefined && { cursor }) } } })),
    rowsOf: (page) => page.imports,
  });
  return (
    <Section title="Imports so far">
      <PagedList
        pages={pages}
        empty={
          <EmptyState title="Nothing was imported yet">
            Each import stays here for a week, with what it did to every row.
          </EmptyState>
        }
      >
        {(imports) => <DataTable label="Imports" columns={COLUMNS} rows={imports} keyOf={({ id }) => id} />}
      </PagedList>
    </Section>
  );
}

const importAddress = (importId: string): string => `/problems/imports/${encodeURIComponent(importId)}`;
