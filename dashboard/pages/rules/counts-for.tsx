import { Button, Radio, Select, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { FieldProblem } from '../../api/api-error.ts';
import type { Feature } from '../../api/feature-queries.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useMayChange } from '../../session/session-store.ts';
import { FeatureForm } from '../../parts/feature-form.tsx';
import { problemAt } from './field-problems.ts';
import type { KnownPath } from './property-paths.ts';
import type { DeltaDraft, RuleDraft } from './rule-draft.ts';
import { SuggestionInput } from './suggestion-input.tsx';
import classes from './rule-form.module.css';

interface CountsForProps {
  readonly draft: RuleDraft;
  readonly problems: readonly FieldProblem[];
  readonly features: readonly Feature[];
  readonly known: readonly KnownPath[];
  readonly onChange: (fields: Partial<RuleDraft>) => void;
}

/** The feature that a rule counts for, and how much an event counts. */
export function CountsFor({ draft, problems, features, known, onChange }: CountsForProps) {
  const queryClient = useQueryClient();
  const mayChange = useMayChange();
  const [isCreating, setCreating] = useState(false);
  const { delta } = draft;
  const changeDelta = (fields: Partial<DeltaDraft>): void => onChange({ delta: { ...delta, ...fields } });
  const offered = features.filter(({ archived, id }) => !archived || id === draft.featureId);
  return (
    <>
      <div className={classes['featureRow']}>
        <Select
          label="Feature"
          placeholder={features.length === 0 ? 'There is none yet: make one' : 'Choose one'}
          data={offered.map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.featureId === '' ? null : draft.featureId}
          error={problemAt(problems, 'featureId')}
          searchable
          nothingFoundMessage="No feature with this name"
          renderOption={({ option }) => <EventText lengthMax={80}>{option.label}</EventText>}
          onChange={(featureId) => onChange({ featureId: featureId ?? '' })}
        />
        {mayChange && (
          <Button
            variant="default"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => setCreating(true)}
          >
            New
          </Button>
        )}
      </div>
      <Radio.Group
        label="How much one event counts"
        value={delta.kind}
        error={problemAt(problems, 'delta')}
        onChange={(value) => {
          if (value === 'event' || value === 'constant' || value === 'path') changeDelta({ kind: value });
        }}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="event" label="1, or what the event says in properties.delta" />
          <Radio value="constant" label="The same for each event" />
          {delta.kind === 'constant' && (
            <TextInput
              label="Amount"
              inputMode="decimal"
              maw="12rem"
              value={delta.constant}
              onChange={({ currentTarget: { value } }) => changeDelta({ constant: value })}
            />
          )}
          <Radio value="path" label="A number that the event has" />
          {delta.kind === 'path' && (
            <SuggestionInput
              label="Field with the amount"
              placeholder="properties.count"
              isCode
              value={delta.path}
              suggestions={numericPaths(known)}
              onChange={(path) => changeDelta({ path })}
            />
          )}
        </Stack>
      </Radio.Group>
      <Dialog opened={isCreating} onClose={() => setCreating(false)} title="New feature">
        <FeatureForm
          onCancel={() => setCreating(false)}
          onSaved={(feature) => {
            void queryClient.invalidateQueries({ queryKey: ['features'] });
            onChange({ featureId: feature.id });
            setCreating(false);
          }}
        />
      </Dialog>
    </>
  );
}

/** Those that have held something like a number; a delta is one, so not those of any element of a list. */
const numericPaths = (known: readonly KnownPath[]): string[] =>
  known
    .filter(
      ({ path, values }) => !path.includes('[]') && values.some((value) => /^\s*-?[\d.]+\s*$/.test(value)),
    )
    .map(({ path }) => path);
