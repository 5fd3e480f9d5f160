import { Alert, Button, Group, Paper, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { ApiError, sentenceOf } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import { oneImport, uploadCsv, type Import, type ImportRow, type Verdict } from '../../api/import-queries.ts';
import { userAddress } from '../../api/user-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { CsvDownload } from '../../parts/csv-download.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { ProgressBar } from '../../parts/progress-bar.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Section } from '../../parts/section.tsx';
import { Time } from '../../parts/time.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { usePathParam } from '../../parts/use-path-param.ts';
import { useMayChange } from '../../session/session-store.ts';
import { useRefreshUsers } from '../users/use-merge.ts';
import { kindOf, StatusBadge, VERDICT_WORDS, VERDICTS } from './import-words.tsx';
import { rememberedFile } from './remembered-file.ts';
import classes from './import-page.module.css';

export function ImportPage() {
  const importId = usePathParam('importId');
  const query = useQuery(oneImport(importId));
  const one = query.data;
  const isMissing = query.error instanceof ApiError && query.error.status === 404;
  const refreshUsers = useRefreshUsers();
  const hasChangedUsers = one?.status === 'done' && !one.dryRun;
  useEffect(() => {
    if (hasChangedUsers) void refreshUsers();
  }, [hasChangedUsers]);
  return (
    <Page
      title={one === undefined ? 'Import' : kindOf(one)}
      back={<BackLink to="/problems/imports">Imports</BackLink>}
      description={
        one !== undefined && (
          <Group gap="xs">
            <StatusBadge status={one.status} />
            <span>
              started <Time at={one.startedAt} as="relative" />
            </span>
          </Group>
        )
      }
      actions={one?.status === 'done' && one.dryRun && <ImportNow one={one} />}
    >
      {isMissing ? (
        <EmptyState title="There is no such import">
          Imports are kept for a while only. <Link to="/problems/imports">All imports</Link>
        </EmptyState>
      ) : (
        <QueryState query={query}>{(found) => <Report one={found} />}</QueryState>
      )}
    </Page>
  );
}

function ImportNow({ one }: { readonly one: Import }) {
  const file = rememberedFile(one.id);
  const [, navigate] = useLocation();
  const queryClient = useQueryClient();
  const mayChange = useMayChange();
  const start = useMutation({
    mutationFn: async (chosen: File) => await uploadCsv(chosen, false),
    onSuccess: async ({ id }) => {
      navigate(`/problems/imports/${encodeURIComponent(id)}`);
      await queryClient.invalidateQueries({ queryKey: ['imports', 'list'] });
    },
  });
  if (!mayChange) return null;
  if (file === undefined)
    return (
      <Button component={Link} href="/problems/imports" variant="default">
        Choose the file again to import it
      </Button>
    );
  const changes = one.counts.create + one.counts.update + one.counts.merge;
  return (
    <>
      <Button disabled={changes === 0} loading={start.isPending} onClick={() => start.mutate(file)}>
        {changes === 0 ? 'Nothing to import' : `Import ${changes.toLocaleString()} rows`}
      </Button>
      {start.error !== null && (
        <Alert color="red" variant="light" role="alert">
          {sentenceOf(start.error)}
        </Alert>
      )}
    </>
  );
}

function Report({ one }: { readonly one: Import }) {
  const total = one.total ?? 0;
  return (
    <>
      {one.status === 'running' && (
        <div role="status">
          <Text size="sm" mb="xs">
            {one.done.toLocaleString()} {total > 0 && `of ${total.toLocaleString()} `}rows. You can leave this
            page; it goes on.
          </Text>
          <ProgressBar label="Progress of the import" done={one.done} total={one.total} isRunning />
        </div>
      )}
      {one.error !== undefined && (
        <Alert color="red" variant="light" role="alert" title="The import failed">
          {one.error}
        </Alert>
      )}
      {one.ignoredColumns.length > 0 && (
        <Alert color="gray" variant="light" title="Columns that are not used">
          <EventText>{one.ignoredColumns.join(', ')}</EventText>
        </Alert>
      )}
      <div className={classes['counts']}>
        {VERDICTS.map((verdict) => (
          <Paper key={verdict} withBorder radius="lg" p="md">
            <Text fz="xl" fw={650} c={one.counts[verdict] === 0 ? 'dimmed' : undefined}>
              {one.counts[verdict].toLocaleString()}
            </Text>
            <Text size="sm" c="dimmed">
              {one.dryRun ? VERDICT_WORDS[verdict].dry : VERDICT_WORDS[verdict].done}
            </Text>
          </Paper>
        ))}
      </div>
      {one.status !== 'running' && <Rows one={one} />}
    </>
  );
}

function Rows({ one }: { readonly one: Import }) {
  const [search, setSearch] = useSearchParams();
  const wanted = VERDICTS.find((verdict) => verdict === search.get('verdict'));
  const path = { importId: one.id };
  const pages = usePages({
    queryKey: ['imports', 'rows', one.id, wanted],
    fetchPage: async (cursor) =>
      await read(
        api.GET('/api/imports/{importId}/rows', {
          params: {
            path,
            query: {
              ...(wanted !== undefined && { verdict: wanted }),
              ...(cursor !== undefined && { cursor }),
            },
          },
        }),
      ),
    rowsOf: (page) => page.rows,
  });
  const choose = (verdict: Verdict | undefined): void => {
    setSearch(verdict === undefined ? new URLSearchParams() : new URLSearchParams({ verdict }), {
      replace: true,
    });
  };
  return (
    <Section
      title="Rows"
      actions={
        <CsvDownload
          address={`/api/imports/${encodeURIComponent(one.id)}/rows.csv`}
          fileName="import-rows.csv"
          label="Download"
          size="xs"
        />
      }
    >
      <Group gap="xs" role="group" aria-label="Which rows">
        {[undefined, ...VERDICTS].map((verdict) => (
          <Button
            key={verdict ?? 'all'}
            size="xs"
            variant={verdict === wanted ? 'filled' : 'default'}
            aria-pressed={verdict === wanted}
            onClick={() => choose(verdict)}
          >
            {verdict === undefined ? 'All rows' : VERDICT_WORDS[verdict][one.dryRun ? 'dry' : 'done']}
          </Button>
        ))}
      </Group>
      <PagedList pages={pages} empty={<EmptyState title="No such rows">Choose another kind.</EmptyState>}>
        {(rows) => <RowTable rows={rows} isDryRun={one.dryRun} />}
      </PagedList>
    </Section>
  );
}

function RowTable({ rows, isDryRun }: { readonly rows: readonly ImportRow[]; readonly isDryRun: boolean }) {
  return (
    <DataTable
      label="Rows of the import"
      rows={rows}
      keyOf={({ row }) => String(row)}
      columns={[
        { title: 'Line', cell: ({ row }) => `Line ${row.toLocaleString()}` },
        {
          title: 'Verdict',
          cell: ({ verdict }) => (
            <Text span inherit c={verdict === 'error' ? 'var(--mantine-color-error)' : undefined}>
              {VERDICT_WORDS[verdict][isDryRun ? 'dry' : 'done']}
            </Text>
          ),
        },
        { title: 'User', cell: (row) => userIn(row, isDryRun) },
        {
          title: 'Why',
          cell: ({ message }) => message !== undefined && <EventText lengthMax={300}>{message}</EventText>,
        },
      ]}
    />
  );
}

function userIn(row: ImportRow, isDryRun: boolean): ReactNode {
  if (row.userId === undefined) return null;
  // Nobody has it yet: there is no page to lead to.
  if (isDryRun && row.verdict === 'create') return 'a new user';
  return (
    <Link to={userAddress(row.userId)}>
      <EventText>{row.userId}</EventText>
    </Link>
  );
}
