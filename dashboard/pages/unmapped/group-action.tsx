import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { UnmappedGroup } from '../../api/unmapped-queries.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { useMayChange } from '../../session/session-store.ts';
import { FeatureForm } from '../../parts/feature-form.tsx';
import { newRuleFor } from '../rules/prefilled-draft.ts';

interface GroupActionProps {
  readonly group: UnmappedGroup;
  /** @default default */
  readonly variant?: 'default' | 'filled';
}

/** What makes the events of a group count. */
export function GroupAction({ group, variant = 'default' }: GroupActionProps) {
  const mayChange = useMayChange();
  const size = variant === 'default' ? 'compact-sm' : 'sm';
  if (!mayChange) return null;
  switch (group.reason) {
    case 'no_rule':
      return (
        <Button size={size} variant={variant} component={Link} href={newRuleFor(group.event)}>
          Create rule
        </Button>
      );
    case 'unknown_feature':
      return <CreateFeature featureId={group.featureId ?? ''} size={size} variant={variant} />;
    case 'archived_feature':
      return (
        <Button
          size={size}
          variant={variant}
          component={Link}
          href={
            group.featureId === undefined ? '/features' : `/features/${encodeURIComponent(group.featureId)}`
          }
        >
          Open the feature
        </Button>
      );
    case 'invalid_delta':
      return (
        <Button size={size} variant={variant} component={Link} href="/rules">
          Open the rules
        </Button>
      );
  }
}

interface CreateFeatureProps {
  readonly featureId: string;
  readonly size: 'compact-sm' | 'sm';
  readonly variant: 'default' | 'filled';
}

function CreateFeature({ featureId, size, variant }: CreateFeatureProps) {
  const queryClient = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  return (
    <>
      <Button size={size} variant={variant} onClick={() => setOpen(true)}>
        Create the feature
      </Button>
      <Dialog opened={isOpen} onClose={close} title="Create the feature">
        <FeatureForm
          idFromEvents={featureId}
          onCancel={close}
          onSaved={() => {
            close();
            for (const key of ['features', 'unmapped', 'jobs'])
              void queryClient.invalidateQueries({ queryKey: [key] });
          }}
        />
      </Dialog>
    </>
  );
}
