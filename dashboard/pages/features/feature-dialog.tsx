import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import type { Feature } from '../../api/feature-queries.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { FeatureForm } from '../../parts/feature-form.tsx';

interface FeatureDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** The feature to change. @default a new one */
  readonly feature?: Feature | undefined;
  /** @default goes to the page of a new one */
  readonly onSaved?: (feature: Feature) => void;
}

export function FeatureDialog({ opened, onClose, feature, onSaved }: FeatureDialogProps) {
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const saved = (result: Feature): void => {
    onClose();
    void queryClient.invalidateQueries({ queryKey: ['features'] });
    if (onSaved !== undefined) onSaved(result);
    else if (feature === undefined) navigate(`/features/${encodeURIComponent(result.id)}`);
  };
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={feature === undefined ? 'New feature' : 'Edit the feature'}
    >
      <FeatureForm feature={feature} onSaved={saved} onCancel={onClose} />
    </Dialog>
  );
}
