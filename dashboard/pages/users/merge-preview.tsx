import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { sentenceOf } from '../../api/api-error.ts';
import { api, read, type Schema } from '../../api/client.ts';
import { mergePreview, userAddress } from '../../api/user-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';
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

function Comparison({ answer }: { readonly answer: Answer }) {
  const features = [
    ...new Set(
      [answer.usage.survivor, answer.usage.absorbed, answer.usage.result].flatMap((usage) =>
        usage.map(({ featureId }) => featureId),
      ),
    ),
  ];
  return (
    <TableFrame label="What the merge would make of the two">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>What</Table.Th>
            <Table.Th>Stays</Table.Th>
            <Table.Th>Is merged into it</Table.Th>
            <Table.Th>Afterwards</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {answer.fields.map(({ field, survivor, absorbed, result }) => (
            <Table.Tr key={field}>
              <Table.Th scope="row">{FIELD_NAMES[field] ?? field}</Table.Th>
              <Table.Td>
                <Value>{survivor}</Value>
              </Table.Td>
              <Table.Td>
                <Value>{absorbed}</Value>
              </Table.Td>
              <Table.Td fw={survivor === absorbed ? undefined : 650}>
                <Value>{result}</Value>
              </Table.Td>
            </Table.Tr>
          ))}
          {features.map((featureId) => (
            <Table.Tr key={featureId}>
              <Table.Th scope="row">
                <EventText>{featureId}</EventText>
              </Table.Th>
              <Table.Td>{sumOf(answer.usage.survivor, featureId)}</Table.Td>
              <Table.Td>{sumOf(answer.usage.absorbed, featureId)}</Table.Td>
              <Table.Td fw={650}>{sumOf(answer.usage.result, featureId)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableFrame>
  );
}

const sumOf = (usage: Answer['usage']['result'], featureId: string): string =>
  usage.find((row) => row.featureId === featureId)?.sum ?? '0';

function Value({ children }: { readonly children: string | null }) {
  return children === null ? (
    <Text span c="dimmed" size="sm">
      unknown
    </Text>
  ) : (
    <EventText>{children}</EventText>
  );
}
