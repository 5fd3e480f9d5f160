import { Badge, Button, Group } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ApiError } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import { oneFeature, type Feature } from '../../api/feature-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { showSuccess } from '../../parts/toast.ts';
import { usePathParam } from '../../parts/use-path-param.ts';
import { plainText } from '../../parts/visible-text.ts';
import { useMayChange } from '../../session/session-store.ts';
import { TopUsers } from '../../usage/top-users.tsx';
import { UsagePanel } from '../../usage/usage-panel.tsx';
import { FeatureDialog } from './feature-dialog.tsx';

type Question = 'edit' | 'archive' | 'delete';

export function FeaturePage() {
  const featureId = usePathParam('featureId');
  const query = useQuery(oneFeature(featureId));
  const feature = query.data;
  const name = feature?.name ?? featureId;
  const isMissing = query.error instanceof ApiError && query.error.status === 404;
  const mayChange = useMayChange();
  const [question, setQuestion] = useState<Question>();
  return (
    <Page
      title={plainText(name)}
      heading={<EventText>{name}</EventText>}
      back={<BackLink to="/features">Features</BackLink>}
      description={feature !== undefined && <About feature={feature} />}
      actions={
        mayChange &&
        feature !== undefined && (
          <>
            <Button variant="default" onClick={() => setQuestion('archive')}>
              {feature.archived ? 'Take out of the archive' : 'Archive'}
            </Button>
            <Button variant="default" onClick={() => setQuestion('delete')}>
              Delete
            </Button>
            <Button onClick={() => setQuestion('edit')}>Edit</Button>
          </>
        )
      }
    >
      {isMissing ? (
        <EmptyState title="There is no feature with this id">
          It may have been deleted. <Link to="/features">All features</Link>
        </EmptyState>
      ) : (
        <QueryState query={query}>
          {(found) => (
            <>
              <UsagePanel
                featureId={found.id}
                empty="It was not used in this time. Events count for it when they name its id in properties.featureId, or through a rule."
              />
              <TopUsers feature={found} />
              <Questions feature={found} question={question} onClose={() => setQuestion(undefined)} />
            </>
          )}
        </QueryState>
      )}
    </Page>
  );
}

function About({ feature }: { readonly feature: Feature }) {
  return (
    <Group gap="xs">
      <code>{feature.id}</code>
      <CopyButton value={feature.id} label="Copy the id" />
      <Badge variant="light" color="gray">
        {feature.type === 'binary' ? 'Used or not' : 'An amount'}
      </Badge>
      {feature.archived && (
        <Badge variant="light" color="orange">
          Archived
        </Badge>
      )}
    </Group>
  );
}

interface QuestionsProps {
  readonly feature: Feature;
  readonly question: Question | undefined;
  readonly onClose: () => void;
}

function Questions({ feature, question, onClose }: QuestionsProps) {
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
