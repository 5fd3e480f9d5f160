import { Badge, Button, Table, Text, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { userAddress, type Merge } from '../../api/user-queries.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';
import { Time } from '../../parts/time.tsx';
import { useMayChange } from '../../session/session-store.ts';
import { useUndoMerge } from './use-merge.ts';

const CAUSE: Readonly<Record<Merge['cause'], string>> = {
  manual: 'by hand',
  identify: 'by an identify event',
  import: 'by an import',
};

/** Merges with who or what made them, each of which can be undone. */
export function MergeTable({ merges }: { readonly merges: readonly Merge[] }) {
  const mayChange = useMayChange();
  const [undoing, setUndoing] = useState<Merge>();
  const undo = useUndoMerge();
  return (
    <>
      <TableFrame label="Merges">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Merged</Table.Th>
              <Table.Th>Into</Table.Th>
              <Table.Th>How</Table.Th>
              <Table.Th>When</Table.Th>
              <Table.Th>
                <VisuallyHidden>Actions</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {merges.map((merge) => (
              <Table.Tr key={merge.id}>
                <Table.Td>
                  <UserLink userId={merge.absorbedId} />
                </Table.Td>
                <Table.Td>
                  <UserLink userId={merge.survivorId} />
                </Table.Td>
                <Table.Td>
                  {merge.messageId === undefined ? (
                    CAUSE[merge.cause]
                  ) : (
                    <Link to={`/events/id/${encodeURIComponent(merge.messageId)}`}>{CAUSE[merge.cause]}</Link>
                  )}
                  {merge.cause === 'manual' && (
                    <Text size="xs" c="dimmed" component="div">
                      <EventText>{merge.actor}</EventText>
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Time at={merge.at} as="relative" />
                </Table.Td>
                <Table.Td ta="right">
                  {merge.undoneAt !== undefined ? (
                    <Badge variant="light" color="gray">
                      undone <Time at={merge.undoneAt} as="relative" />
                    </Badge>
                  ) : (
                    mayChange && (
                      <Button size="xs" variant="default" onClick={() => setUndoing(merge)}>
                        Undo
                      </Button>
                    )
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </TableFrame>
      <ConfirmDialog
        opened={undoing !== undefined}
        onClose={() => setUndoing(undefined)}
        title="Undo this merge?"
        action="Undo the merge"
        onConfirm={async () => {
          if (undoing !== undefined) await undo(undoing);
        }}
      >
        The two are separate users again, each with the fields and the usage of its own ids, including what
        arrived since. Nothing is lost or counted twice, and they can be merged again.
      </ConfirmDialog>
    </>
  );
}

function UserLink({ userId }: { readonly userId: string }) {
  return (
    <Link to={userAddress(userId)}>
      <EventText>{userId}</EventText>
    </Link>
  );
}
