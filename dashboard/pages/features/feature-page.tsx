import { Badge, Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../../api/api-error.ts';
import { oneFeature, type Feature } from '../../api/feature-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { usePathParam } from '../../parts/use-path-param.ts';
import { plainText } from '../../parts/visible-text.ts';
import { useMayChange } from '../../session/session-store.ts';
import { TopUsers } from '../../usage/top-users.tsx';
import { UsagePanel } from '../../usage/usage-panel.tsx';
import type { FeatureQuestion } from './feature-questions.tsx';

/** A part of its own: most people only look. */
const FeatureQuestions = lazyPage(async () => (await import('./feature-questions.tsx')).FeatureQuestions);

export function FeaturePage() {
  const featureId = usePathParam('featureId');
  const query = useQuery(oneFeature(featureId));
  const feature = query.data;
  const name = feature?.name ?? featureId;
  const isMissing = query.error instanceof ApiError && query.error.status === 404;
  const mayChange = useMayChange();
  const [question, setQuestion] = useState<FeatureQuestion>();
  const [wasAsked, setWasAsked] = useState(false);
  if (question !== undefined && !wasAsked) setWasAsked(true);
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
              {wasAsked && (
                <Suspense fallback={null}>
                  <FeatureQuestions
                    feature={found}
                    question={question}
                    onClose={() => setQuestion(undefined)}
                  />
                </Suspense>
              )}
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
