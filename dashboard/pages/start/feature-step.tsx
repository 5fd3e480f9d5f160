import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import type { Feature } from '../../api/feature-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { FeatureForm } from '../../parts/feature-form.tsx';
import { StepCard, type StepState } from './step-card.tsx';
import { useUnmapped } from './use-unmapped.ts';

interface FeatureStepProps {
  readonly state: StepState;
  readonly mayChange: boolean;
  readonly feature: Feature | undefined;
}

export function FeatureStep({ state, mayChange, feature }: FeatureStepProps) {
  const queryClient = useQueryClient();
  const groups = useUnmapped(state === 'now');
  const named = groups.find(({ reason }) => reason === 'unknown_feature')?.featureId;
  return (
    <StepCard
      number={4}
      title="Create your first feature"
      state={state}
      outcome={
        feature !== undefined && (
          <>
            <EventText>{feature.name}</EventText> (<code>{feature.id}</code>)
          </>
        )
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        A feature is something whose use you want to count, and perhaps charge for: messages sent, reports
        exported.
        {named !== undefined && (
          <>
            {' '}
            Your events already name one: <EventText>{named}</EventText>.
          </>
        )}
      </Text>
      {mayChange && (
        <FeatureForm
          // The form takes the id once; events that name one may arrive while it is open.
          key={named ?? ''}
          idFromEvents={named}
          onSaved={() =>
            void Promise.all([
              queryClient.invalidateQueries({ queryKey: ['features'] }),
              queryClient.invalidateQueries({ queryKey: ['overview'] }),
            ])
          }
        />
      )}
    </StepCard>
  );
}
