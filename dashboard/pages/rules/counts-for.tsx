import { Button, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { Suspense, useState } from 'react';
import type { FieldProblem } from '../../api/api-error.ts';
import type { Feature } from '../../api/feature-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { Icon } from '../../parts/icon.tsx';
import { lazyPart } from '../../parts/lazy-page.ts';
import { useMayChange } from '../../session/session-store.ts';
import { problemAt } from './field-problems.ts';
import type { KnownPath } from './property-paths.ts';
import type { DeltaDraft, RuleDraft } from './rule-draft.ts';
import { SuggestionInput } from './suggestion-input.tsx';
import classes from './rule-form.module.css';

const FeatureDialog = lazyPart(
  async () => (await import('../features/feature-dialog.tsx')).FeatureDialog,
  FeatureDialogMissing,
);

interface CountsForProps {
  readonly draft: RuleDraft;
  readonly problems: readonly FieldProblem[];
  readonly features: readonly Feature[];
  readonly known: readonly KnownPath[];
  readonly onChange: (fields: Partial<RuleDraft>) => void;
}

/** The feature that a rule counts for, and how much an event counts. */
export function CountsFor({ draft, problems, features, known, onChange }: CountsForProps) {
  const mayChange = useMayChange();
  const [isCreating, setCreating] = useState(false);
  const [wasCreating, setWasCreating] = useState(false);
  if (isCreating && !wasCreating) setWasCreating(true);
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
      {wasCreating && (
        <Suspense fallback={null}>
          <FeatureDialog
            opened={isCreating}
            onClose={() => setCreating(false)}
            onSaved={({ id }) => onChange({ featureId: id })}
          />
        </Suspense>
      )}
    </>
  );
}

function FeatureDialogMissing() {
  return (
    <Text size="sm" role="alert">
      This could not be loaded; Tallyhook may have been updated. Make the feature under Features in another
      window: what you have written here stays.
    </Text>
  );
}

/** Those that have held something like a number; a delta is one, so not those of any element of a list. */
const numericPaths = (known: readonly KnownPath[]): string[] =>
  known
    .filter(
      ({ path, values }) => !path.includes('[]') && values.some((value) => /^\s*-?[\d.]+\s*$/.test(value)),
    )
    .map(({ path }) => path);
