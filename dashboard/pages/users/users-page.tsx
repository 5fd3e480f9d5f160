import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { api, read } from '../../api/client.ts';
import { CsvDownload } from '../../parts/csv-download.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { UserTable } from './user-table.tsx';

const TYPING_MS = 300;

interface Filter {
  readonly query: string;
  readonly audience: string;
  readonly billing: string;
}

export function UsersPage() {
  const [filter, setFilter] = useFilter();
  const pages = usePages({
    queryKey: ['users', 'list', filter],
    fetchPage: async (cursor) =>
      await read(
        api.GET('/api/users', {
          params: {
            query: {
              ...(filter.query !== '' && { query: filter.query }),
              ...(filter.audience !== '' && { audience: filter.audience }),
              ...(filter.billing === 'missing' && { billing: 'missing' as const }),
              ...(cursor !== undefined && { cursor }),
            },
          },
        }),
      ),
    rowsOf: (page) => page.users,
  });
  const isFiltered = filter.query !== '' || filter.audience !== '' || filter.billing !== '';
  return (
    <Page
      title="Users"
      description="Everybody whose events arrived, and everybody imported from a billing provider or a file."
      actions={
        <>
          <CsvDownload address="/api/users/export.csv" fileName="users.csv" label="Export" />
          <Button component={Link} href="/problems/imports">
            Import
          </Button>
        </>
      }
    >
      <FilterFields filter={filter} onChange={setFilter} />
      <PagedList
        pages={pages}
        empty={isFiltered ? <NobodyFits onReset={() => setFilter({})} /> : <NobodyYet />}
      >
        {(users) => <UserTable users={users} label="Users" />}
      </PagedList>
    </Page>
  );
}

function NobodyFits({ onReset }: { readonly onReset: () => void }) {
  return (
    <EmptyState
      title="Nobody fits"
      actions={
        <Button variant="default" onClick={onReset}>
          Show everybody
        </Button>
      }
    >
      The search finds the beginning of an id, a whole email address and a whole billing id.
    </EmptyState>
  );
}

function NobodyYet() {
  return (
    <EmptyState
      title="No users yet"
      actions={
        <Button component={Link} href="/settings/connect">
          Connect Segment
        </Button>
      }
    >
      A user appears with the first event that names it. You can also import the customers that you already
      have.
    </EmptyState>
  );
}

interface FilterFieldsProps {
  readonly filter: Filter;
  readonly onChange: (change: Partial<Filter>) => void;
}

function FilterFields({ filter, onChange }: FilterFieldsProps) {
  return (
    <Group align="flex-end" component="search">
      <TypedFilter
        label="Search"
        placeholder="Id, email or billing id"
        value={filter.query}
        onChange={(query) => onChange({ query })}
      />
      <TypedFilter
        label="Audience"
        placeholder="first_time_shopper"
        value={filter.audience}
        onChange={(audience) => onChange({ audience })}
      />
      <NativeSelect
        flex="1 1 12rem"
        label="Billing"
        value={filter.billing}
        onChange={(event) => onChange({ billing: event.currentTarget.value })}
        data={[
          { value: '', label: 'Any' },
          { value: 'missing', label: 'Without a billing id' },
        ]}
      />
    </Group>
  );
}

interface TypedFilterProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Follows the address, and changes it when somebody has stopped typing. */
function TypedFilter({ label, placeholder, value, onChange }: TypedFilterProps) {
  const [typed, setTyped] = useState(value);
  const [shownFor, setShownFor] = useState(value);
  const tell = useDebouncedCallback(onChange, TYPING_MS);
  if (shownFor !== value) {
    setShownFor(value);
    setTyped(value);
  }
  return (
    <TextInput
      flex="1 1 12rem"
      type="search"
      label={label}
      placeholder={placeholder}
      leftSection={<Icon name="search" size={16} />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
    />
  );
}

/**
 * The filter is in the address, so that it can be sent to somebody and found again. The API takes one at a time: each is a
 * list of its own, already in order.
 */
function useFilter(): [Filter, (change: Partial<Filter>) => void] {
  const [search, setSearch] = useSearchParams();
  const filter: Filter = {
    query: search.get('query') ?? '',
    audience: search.get('audience') ?? '',
    billing: search.get('billing') ?? '',
  };
  const change = (changed: Partial<Filter>): void => {
    const given = Object.entries(changed).filter(([, value]) => value !== '');
    setSearch(new URLSearchParams(given), { replace: true });
  };
  return [filter, change];
}
