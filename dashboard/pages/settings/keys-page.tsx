import { Badge, Button, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client.ts';
import { allKeys, type Key, type KeyScope } from '../../api/key-queries.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Icon } from '../../parts/icon.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { useMayChange } from '../../session/session-store.ts';
import { NewKeyDialog } from './new-key-dialog.tsx';
import { SettingsPage } from './settings-page.tsx';

const MEANS: Readonly<Record<KeyScope, string>> = {
  ingest: 'sends events',
  read: 'reads everything but keys',
  admin: 'may do everything',
};

export function KeysPage() {
  const keys = useQuery(allKeys);
  const [isCreating, setCreating] = useState(false);
  const mayChange = useMayChange();
  const create = mayChange && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)}>
      New key
    </Button>
  );
  return (
    <SettingsPage
      title="API keys"
      description="One key for each program, so that each can be changed on its own. A key is shown once, when it is made."
      actions={create}
    >
      <QueryState query={keys}>
        {({ keys: all }) =>
          all.length === 0 ? (
            <EmptyState title="No keys yet" actions={create}>
              Segment needs a key that sends events; your backend needs one that reads usage.
            </EmptyState>
          ) : (
            <KeyTable keys={all} />
          )
        }
      </QueryState>
      <NewKeyDialog opened={isCreating} onClose={() => setCreating(false)} />
    </SettingsPage>
  );
}

function KeyTable({ keys }: { readonly keys: readonly Key[] }) {
  const queryClient = useQueryClient();
  const [revoking, setRevoking] = useState<Key>();
  const revoke = async (): Promise<void> => {
    if (revoking === undefined) return;
    await read(api.DELETE('/api/keys/{keyId}', { params: { path: { keyId: revoking.id } } }));
    await queryClient.invalidateQueries({ queryKey: ['keys'] });
    showSuccess('The key is revoked. It stops working everywhere within a minute.');
  };
  return (
    <>
      <DataTable
        label="API keys"
        rows={keys}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Name', cell: ({ name }) => <EventText>{name}</EventText> },
          { title: 'Begins with', cell: ({ prefix }) => <code>{prefix}…</code> },
          { title: 'May do', cell: ({ scope }) => <Scope scope={scope} /> },
          { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} as="relative" /> },
          {
            title: 'Last used, to the hour',
            cell: ({ lastUsedAt }) =>
              lastUsedAt === undefined ? (
                <Text span size="sm" c="dimmed">
                  no use seen
                </Text>
              ) : (
                <Time at={lastUsedAt} as="relative" />
              ),
          },
          {
            title: 'Actions',
            kind: 'action',
            cell: (key) =>
              key.revokedAt === undefined ? (
                <Button size="compact-sm" variant="default" onClick={() => setRevoking(key)}>
                  Revoke
                </Button>
              ) : (
                <Text span size="sm" c="dimmed">
                  Revoked <Time at={key.revokedAt} as="relative" />
                </Text>
              ),
          },
        ]}
      />
      <ConfirmDialog
        opened={revoking !== undefined}
        onClose={() => setRevoking(undefined)}
        title="Revoke this key?"
        action="Revoke the key"
        isDangerous
        onConfirm={revoke}
      >
        Every program that uses <strong>{revoking?.name}</strong> stops working within a minute, and events
        that it sends are refused. It cannot be undone. To change a key: make a new one, enter it where the
        old one is used, and revoke the old one four hours later, when Segment has stopped repeating.
      </ConfirmDialog>
    </>
  );
}

function Scope({ scope }: { readonly scope: KeyScope }) {
  return (
    <>
      <Badge variant="light" color={scope === 'admin' ? 'orange' : 'gray'}>
        {scope}
      </Badge>
      <Text size="xs" c="dimmed" mt={2}>
        {MEANS[scope]}
      </Text>
    </>
  );
}
