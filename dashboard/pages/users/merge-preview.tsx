import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { sentenceOf } from '../../api/api-error.ts';
import { api, read, type Schema } from '../../api/client.ts';
import { allFeatures } from '../../api/feature-queries.ts';
import { mergePreview, userAddress } from '../../api/user-queries.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { groupedDecimal } from '../../parts/grouped-decimal.ts';
import { QueryState } from '../../parts/query-state.tsx';
import { showMerged } from './merged-toast.tsx';
import { useRefreshUsers, useUndoMerge } from './use-merge.ts';

interface MergePreviewProps {
  readonly firstId: string;
  readonly secondId: string;
  readonly onClose: () => void;
}

type Answer = Schema<'MergeResult'>;

const FIELD_NAMES: Readonly<Record<string, string>> = {
  name: 'Name',
  email: 'Email',
  billingId: 'Billing id',
};

/** Two users side by side, what they would be as one, and the button that makes it so. */
export function MergePreview({ firstId, secondId, onClose }: MergePreviewProps) {
  const [isSwapped, setSwapped] = useState(false);
  const [survivorId, absorbedId] = isSwapped ? [secondId, firstId] : [firstId, secondId];
  const query = useQuery(mergePreview(survivorId, absorbedId));
  const refresh = useRefreshUsers();
  const undo = useUndoMerge();
  const [, navigate] = useLocation();
  const merge = useMutation({
    mutationFn: async () => await read(api.POST('/api/users/merge', { body: { survivorId, absorbedId } })),
    onSuccess: async ({ merge: made, user }) => {
      onClose();
      await refresh();
      navigate(userAddress(user.userId));
      if (made !== undefined) showMerged(() => undo(made));
    },
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Text>
          <strong>
            <EventText>{absorbedId}</EventText>
          </strong>{' '}
          becomes a part of{' '}
          <strong>
            <EventText>{survivorId}</EventText>
          </strong>
          .
        </Text>
        <Button variant="default" size="xs" onClick={() => setSwapped(!isSwapped)}>
          The other way round
        </Button>
      </Group>
      <QueryState query={query}>{(answer) => <Comparison answer={answer} />}</QueryState>
      {merge.error !== null && (
        <Alert color="red" variant="light" role="alert">
          {sentenceOf(merge.error)}
        </Alert>
      )}
      <Text size="sm" c="dimmed">
        Usage of both counts as one from now on. A merge can be undone at any time.
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={query.data === undefined} loading={merge.isPending} onClick={() => merge.mutate()}>
          Merge
        </Button>
      </Group>
    </Stack>
  );
}

interface ComparedRow {
  readonly key: string;
  readonly what: ReactNode;
  readonly survivor: string | null;
  readonly absorbed: string | null;
  readonly result: string | null;
}

function Comparison({ answer }: { readonly answer: Answer }) {
  const features = useQuery(allFeatures).data;
  const { survivor, absorbed, result } = answer.usage;
  const used = [...new Set([survivor, absorbed, result].flat().map(({ featureId }) => featureId))];
  const rows: ComparedRow[] = [
    ...answer.fields.map((field) => ({
      ...field,
      key: `field ${field.field}`,
      what: FIELD_NAMES[field.field] ?? field.field,
    })),
    ...used.map((featureId) => ({
      key: `feature ${featureId}`,
      what: <EventText>{features?.find(({ id }) => id === featureId)?.name ?? featureId}</EventText>,
      survivor: sumOf(survivor, featureId),
      absorbed: sumOf(absorbed, featureId),
      result: sumOf(result, featureId),
    })),
  ];
  return (
    <DataTable
      label="What the merge would make of the two"
      rows={rows}
      keyOf={({ key }) => key}
      columns={[
        { title: 'What', kind: 'heading', cell: ({ what }) => what },
        { title: 'Stays', cell: (row) => <Value>{row.survivor}</Value> },
        { title: 'Is merged into it', cell: (row) => <Value>{row.absorbed}</Value> },
        {
          title: 'Afterwards',
          cell: (row) => (
            <Text span inherit fw={row.survivor === row.absorbed ? undefined : 650}>
              <Value>{row.result}</Value>
            </Text>
          ),
        },
      ]}
    />
  );
}

const sumOf = (usage: Answer['usage']['result'], featureId: string): string =>
  groupedDecimal(usage.find((row) => row.featureId === featureId)?.sum ?? '0');

function Value({ children }: { readonly children: string | null }) {
  return children === null ? (
    <Text span c="dimmed" size="sm">
      unknown
    </Text>
  ) : (
    <EventText>{children}</EventText>
  );
}
