import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { api, read } from '../../api/client.ts';
import type { Feature } from '../../api/feature-queries.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { FeatureDialog } from './feature-dialog.tsx';

export type FeatureQuestion = 'edit' | 'archive' | 'delete';

interface FeatureQuestionsProps {
  readonly feature: Feature;
  readonly question: FeatureQuestion | undefined;
  readonly onClose: () => void;
}

/** The dialogs in which a feature is changed. */
export function FeatureQuestions({ feature, question, onClose }: FeatureQuestionsProps) {
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const params = { path: { featureId: feature.id } };
  const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['features'] });
  const archive = async (): Promise<void> => {
    await read(api.PATCH('/api/features/{featureId}', { params, body: { archived: !feature.archived } }));
    await refresh();
    showSuccess(feature.archived ? 'It is back, and counts again.' : 'It is archived.');
  };
  const remove = async (): Promise<void> => {
    await read(api.DELETE('/api/features/{featureId}', { params }));
    navigate('/features');
    queryClient.removeQueries({ queryKey: ['features', feature.id] });
    await refresh();
    showSuccess('The feature is deleted.');
  };
  return (
    <>
      <FeatureDialog opened={question === 'edit'} onClose={onClose} feature={feature} />
      <ConfirmDialog
        opened={question === 'archive'}
        onClose={onClose}
        title={feature.archived ? 'Take it out of the archive?' : 'Archive this feature?'}
        action={feature.archived ? 'Take out of the archive' : 'Archive'}
        onConfirm={archive}
      >
        {feature.archived
          ? 'New events count for it again, and those that came in the meantime are counted now.'
          : 'New events for it stay unmapped until you take it out of the archive. What was counted stays.'}
      </ConfirmDialog>
      <ConfirmDialog
        opened={question === 'delete'}
        onClose={onClose}
        title="Delete this feature?"
        action="Delete the feature"
        isDangerous
        onConfirm={remove}
      >
        What was counted for it stays readable through the API. A feature that a rule uses cannot be deleted:
        archive it, or delete the rule first.
      </ConfirmDialog>
    </>
  );
}
