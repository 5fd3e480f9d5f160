import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import { amountOf, type Feature } from '../../api/feature-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { StepCard, type StepState } from './step-card.tsx';
import type { UsageSoFar } from './use-usage-so-far.ts';

interface UsageStepProps {
  readonly state: StepState;
  readonly usage: UsageSoFar;
  readonly features: readonly Feature[];
}

export function UsageStep({ state, usage, features }: UsageStepProps) {
  const [most] = usage.series;
  const feature = features.find(({ id }) => id === most?.featureId);
  return (
    <StepCard
      number={6}
      title={state === 'done' ? 'It counts' : 'See it count'}
      state={state}
      outcome={
        <Stack gap="sm" align="flex-start">
          <div>
            {most !== undefined && (
              <>
                <EventText>{feature?.name ?? most.featureId ?? ''}</EventText>:{' '}
                <strong>
                  <EventText>{amountOf(feature, most.sum)}</EventText>
                </strong>
                , from {most.count.toLocaleString()} {most.count === 1 ? 'event' : 'events'}.
              </>
            )}
          </div>
          <Button component={Link} href="/overview">
            See the usage
          </Button>
        </Stack>
      }
    >
      <Group gap="sm" role="status">
        <Loader type="dots" size="sm" />
        <Text size="sm" c="dimmed">
          The stored events are tried with your rule; it takes seconds.
        </Text>
      </Group>
    </StepCard>
  );
}
