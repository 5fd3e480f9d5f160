import { Badge, Button, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { userAddress, type Merge } from '../../api/user-queries.ts';
import { ActorText } from '../../parts/actor-text.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EventText } from '../../parts/event-text.tsx';
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
      <DataTable
        label="Merges"
        rows={merges}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Merged', cell: ({ absorbedId }) => <UserLink userId={absorbedId} /> },
          { title: 'Into', cell: ({ survivorId }) => <UserLink userId={survivorId} /> },
          { title: 'How', cell: (merge) => <Cause merge={merge} /> },
          { title: 'When', cell: ({ at }) => <Time at={at} as="relative" /> },
          {
            title: 'Actions',
            kind: 'action',
            cell: (merge) =>
              merge.undoneAt !== undefined ? (
                <Badge variant="light" color="gray">
                  undone <Time at={merge.undoneAt} as="relative" />
                </Badge>
              ) : (
                mayChange && (
                  <Button size="xs" variant="default" onClick={() => setUndoing(merge)}>
                    Undo
                  </Button>
                )
              ),
          },
        ]}
      />
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

function Cause({ merge }: { readonly merge: Merge }) {
  return (
    <>
      {merge.messageId === undefined ? (
        CAUSE[merge.cause]
      ) : (
        <Link to={`/events/id/${encodeURIComponent(merge.messageId)}`}>{CAUSE[merge.cause]}</Link>
      )}
      {merge.cause === 'manual' && (
        <Text size="xs" c="dimmed" component="div">
          <ActorText actor={merge.actor} />
        </Text>
      )}
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
