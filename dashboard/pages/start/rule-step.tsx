import { Alert, Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { sentenceOf } from '../../api/api-error.ts';
import { api, read } from '../../api/client.ts';
import { amountOf, type Feature } from '../../api/feature-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { JsonText } from '../../parts/json-text.tsx';
import { plainText } from '../../parts/visible-text.ts';
import { newRuleFor } from '../rules/prefilled-draft.ts';
import { StepCard, type StepState } from './step-card.tsx';
import { useUnmapped, type UnmappedGroup } from './use-unmapped.ts';

interface RuleStepProps {
  readonly state: StepState;
  readonly mayChange: boolean;
  readonly features: readonly Feature[];
}

/** The simplest rule there is, from events that have really arrived: every event of this name counts for that feature. */
export function RuleStep({ state, mayChange, features }: RuleStepProps) {
  const groups = useUnmapped(state === 'now').filter(({ reason }) => reason === 'no_rule');
  const [event, setEvent] = useState<string>();
  const group = groups.find((candidate) => candidate.event === event) ?? groups[0];
  return (
    <StepCard
      number={5}
      title="Say which events count for it"
      state={state}
      outcome="New events that match count at once; stored ones were counted, too."
    >
      {group === undefined ? (
        <Text size="sm" c="dimmed">
          No event is waiting for a rule. Events that name the feature in <code>properties.featureId</code>{' '}
          count without one; send another event, and it will be offered here.
        </Text>
      ) : (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            A rule maps events to a feature. This one takes every event of a name. To count only some of them,{' '}
            <Link to={newRuleFor(group.event)}>write it with conditions</Link>.
          </Text>
          <NativeSelect
            label="Event"
            value={group.event}
            data={groups.map((candidate) => ({
              value: candidate.event,
              label: `${plainText(candidate.event, 80)} (${candidate.count.toLocaleString()})`,
            }))}
            onChange={({ currentTarget: { value } }) => setEvent(value)}
          />
          {group.sample !== undefined && (
            <div>
              <Text size="sm" fw={500} mb={4}>
                Properties of such an event
              </Text>
              <JsonText label="Properties of such an event">{group.sample.properties}</JsonText>
            </div>
          )}
          {mayChange && <RuleForm key={group.event} group={group} features={features} />}
        </Stack>
      )}
    </StepCard>
  );
}

interface RuleFormProps {
  readonly group: UnmappedGroup;
  readonly features: readonly Feature[];
}

function RuleForm({ group, features }: RuleFormProps) {
  const queryClient = useQueryClient();
  const [featureId, setFeatureId] = useState(features[0]?.id ?? '');
  const body = { featureId, event: { operator: 'equals' as const, value: group.event } };
  const preview = useQuery({
    queryKey: ['rule-preview', body, group.count],
    queryFn: async ({ signal }) => await read(api.POST('/api/rules/preview', { body, signal })),
  });
  const save = useMutation({
    mutationFn: async () =>
      await read(api.POST('/api/rules', { body: { ...body, name: plainText(group.event, 80) } })),
    onSuccess: () =>
      Promise.all(
        ['overview', 'rules', 'unmapped', 'usage'].map((key) =>
          queryClient.invalidateQueries({ queryKey: [key] }),
        ),
      ),
  });
  const error = save.error ?? preview.error;
  const added = preview.data?.usage.find((usage) => usage.featureId === featureId);
  return (
    <>
      <NativeSelect
        label="Counts for"
        value={featureId}
        data={features.map((feature) => ({ value: feature.id, label: plainText(feature.name, 80) }))}
        onChange={({ currentTarget: { value } }) => setFeatureId(value)}
      />
      <Text size="sm" role="status">
        {preview.data === undefined ? (
          'Trying it on the events that are stored…'
        ) : (
          <>
            It would count {preview.data.exact ? '' : 'at least '}
            <strong>{preview.data.matched.toLocaleString()}</strong>{' '}
            {preview.data.matched === 1 ? 'stored event' : 'stored events'}
            {added !== undefined && (
              <>
                {' '}
                and add{' '}
                <strong>
                  <EventText>
                    {amountOf(
                      features.find(({ id }) => id === featureId),
                      added.sum,
                    )}
                  </EventText>
                </strong>
              </>
            )}
            .
          </>
        )}
      </Text>
      {error !== null && (
        <Alert color="red" variant="light" role="alert">
          {sentenceOf(error)}
        </Alert>
      )}
      <Group>
        <Button loading={save.isPending} onClick={() => save.mutate()}>
          Create the rule
        </Button>
      </Group>
    </>
  );
}
