import { Alert, Button, Checkbox, NativeSelect, Paper, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { ApiError, sentenceOf, type FieldProblem } from '../../api/api-error.ts';
import { allFeatures } from '../../api/feature-queries.ts';
import type { RuleBody } from '../../api/rule-queries.ts';
import { largestGroups } from '../../api/unmapped-queries.ts';
import { Icon } from '../../parts/icon.tsx';
import { EVENT_OPERATORS, OPERATOR_WORDS } from '../../rule-text/operator-words.ts';
import { ConditionRow } from './condition-row.tsx';
import { CountsFor } from './counts-for.tsx';
import { problemAt, problemsElsewhere } from './field-problems.ts';
import { PreviewPanel } from './preview-panel.tsx';
import { knownPaths } from './property-paths.ts';
import {
  missingIn,
  readDraft,
  takesNames,
  withCondition,
  withEventOperator,
  type RuleDraft,
} from './rule-draft.ts';
import { ListInput, SuggestionInput } from './suggestion-input.tsx';
import { useRulePreview } from './use-rule-preview.ts';
import classes from './rule-form.module.css';

interface RuleFormProps {
  readonly initial: RuleDraft;
  /** Of the rule that is edited. @default a new rule */
  readonly ruleId?: string | undefined;
  readonly action: string;
  /** Saves it; what it throws is shown here, each problem at its field. */
  readonly save: (body: RuleBody) => Promise<void>;
  readonly onCancel: () => void;
  /** More to decide before saving. */
  readonly children?: (body: RuleBody | undefined) => ReactNode;
  /** What can be done when somebody else has changed the rule in the meantime. */
  readonly onReload?: (() => void) | undefined;
}

/** Where a rule is written: what it is for at the left, and what it would do at the right. */
export function RuleForm({ initial, ruleId, action, save, onCancel, children, onReload }: RuleFormProps) {
  const [draft, setDraft] = useState(initial);
  const groups = useQuery(largestGroups);
  const features = useQuery(allFeatures);
  const read = useMemo(() => readDraft(draft), [draft]);
  const missing = missingIn(draft);
  const { enabled, featureId, event, conditions, delta } = draft;
  const previewed = useMemo(() => {
    // Without the name, which changes nothing of what is counted.
    const asked = { name: '', enabled, featureId, event, conditions, delta };
    const written = readDraft(asked);
    return written.ok && missingIn(asked) === undefined ? written.body : undefined;
  }, [enabled, featureId, event, conditions, delta]);
  const preview = useRulePreview(previewed, ruleId);
  const saving = useMutation({ mutationFn: save });

  const change = (fields: Partial<RuleDraft>): void => {
    setDraft({ ...draft, ...fields });
    saving.reset();
  };
  const problems: readonly FieldProblem[] = !read.ok
    ? read.problems
    : saving.error === null
      ? problemsOf(preview.error)
      : problemsOf(saving.error);
  const elsewhere = problemsElsewhere(problems);

  const names = (groups.data ?? [])
    .filter(({ reason }) => reason !== 'unknown_feature')
    .map(({ event }) => event);
  const chosen = takesNames(draft.event.operator) ? draft.event.names : [draft.event.value];
  const waiting = groups.data?.filter(({ event }) => chosen.includes(event)) ?? [];
  const known = useMemo(() => {
    const samples = (waiting.length > 0 ? waiting : (groups.data ?? [])).map(
      ({ sample }) => sample?.properties ?? {},
    );
    const seen = [...(preview.data?.samples ?? []), ...(preview.data?.nearMisses ?? [])];
    return knownPaths([...seen.map(({ properties }) => properties), ...samples]);
  }, [groups.data, preview.data, chosen.join('\n')]);

  const submit = (): void => {
    if (read.ok) saving.mutate(read.body);
  };
  return (
    <div className={classes['builder']}>
      <form
        className={classes['form']}
        noValidate
        onSubmit={(submitted) => {
          submitted.preventDefault();
          submit();
        }}
      >
        <Paper withBorder radius="lg" component="fieldset" className={classes['step']}>
          <Heading step="1" title="Which events" />
          <div className={classes['pair']}>
            <NativeSelect
              label="Event name"
              data={EVENT_OPERATORS.map((operator) => ({ value: operator, label: OPERATOR_WORDS[operator] }))}
              value={draft.event.operator}
              error={problemAt(problems, 'event.operator')}
              onChange={({ currentTarget: { value } }) => {
                const operator = EVENT_OPERATORS.find((name) => name === value);
                if (operator !== undefined) change({ event: withEventOperator(draft.event, operator) });
              }}
            />
            {takesNames(draft.event.operator) ? (
              <ListInput
                label="Names"
                placeholder={draft.event.names.length === 0 ? 'Write one, press Enter' : undefined}
                value={draft.event.names}
                suggestions={names}
                error={problemAt(problems, 'event.value', 'event.caseInsensitive')}
                onChange={(list) => change({ event: { ...draft.event, names: list } })}
              />
            ) : (
              <SuggestionInput
                label={draft.event.operator.endsWith('glob') ? 'Pattern' : 'Name'}
                placeholder={
                  draft.event.operator.endsWith('glob') ? '* any characters, ? one' : 'Report Exported'
                }
                value={draft.event.value}
                suggestions={names}
                error={problemAt(problems, 'event.value', 'event.caseInsensitive')}
                onChange={(value) => change({ event: { ...draft.event, value } })}
              />
            )}
          </div>
          <Checkbox
            size="sm"
            label="In any letter case"
            checked={draft.event.caseInsensitive}
            onChange={({ currentTarget: { checked } }) =>
              change({ event: { ...draft.event, caseInsensitive: checked } })
            }
          />
        </Paper>

        <Paper withBorder radius="lg" component="fieldset" className={classes['step']}>
          <Heading step="2" title="Only when" />
          {draft.conditions.length === 0 && (
            <Text size="sm" c="dimmed">
              Every event with this name counts. Add a condition to count only some of them.
            </Text>
          )}
          {draft.conditions.map((condition, index) => (
            <ConditionRow
              key={condition.key}
              condition={condition}
              index={index}
              problems={problems}
              known={known}
              onChange={(changed) =>
                change({
                  conditions: draft.conditions.map((other) => (other.key === changed.key ? changed : other)),
                })
              }
              onRemove={() =>
                change({ conditions: draft.conditions.filter(({ key }) => key !== condition.key) })
              }
            />
          ))}
          {draft.conditions.length > 1 && (
            <Text size="sm" c="dimmed">
              All of them have to hold.
            </Text>
          )}
          <div>
            <Button
              variant="default"
              size="xs"
              leftSection={<Icon name="plus" size={14} />}
              onClick={() => change(withCondition(draft))}
            >
              Add a condition
            </Button>
          </div>
        </Paper>

        <Paper withBorder radius="lg" component="fieldset" className={classes['step']}>
          <Heading step="3" title="Counts for" />
          <CountsFor
            draft={draft}
            problems={problems}
            features={features.data ?? []}
            known={known}
            onChange={change}
          />
          <TextInput
            label="Name of the rule (optional)"
            placeholder="Exports by paying teams"
            value={draft.name}
            error={problemAt(problems, 'name')}
            onChange={({ currentTarget: { value } }) => change({ name: value })}
          />
        </Paper>

        {children?.(previewed)}
        {elsewhere.map(({ path, message }) => (
          <Alert key={path + message} color="red" variant="light" role="alert">
            {path === '' ? '' : `${path}: `}
            {message}
          </Alert>
        ))}
        <SavingError error={saving.error} onReload={onReload} />
        <div className={classes['actions']}>
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending} disabled={!read.ok}>
            {action}
          </Button>
        </div>
      </form>
      <div className={classes['aside']}>
        <PreviewPanel
          preview={preview.data}
          error={preview.error}
          isUpdating={preview.isUpdating}
          missing={missing ?? (read.ok ? undefined : 'Correct the number.')}
          features={features.data ?? []}
        />
      </div>
    </div>
  );
}

function Heading({ step, title }: { readonly step: string; readonly title: string }) {
  return (
    <Title order={2} size="h4">
      {step}. {title}
    </Title>
  );
}

function SavingError({
  error,
  onReload,
}: {
  readonly error: unknown;
  readonly onReload?: (() => void) | undefined;
}) {
  if (error === null) return null;
  const isConflict = error instanceof ApiError && error.status === 409;
  if (isConflict && onReload !== undefined) {
    return (
      <Alert color="orange" variant="light" role="alert" title="Somebody else has changed this rule">
        Since you opened it. Nothing of yours was saved. Load it as it is now, then make your change again.
        <div>
          <Button size="xs" variant="default" mt="sm" onClick={onReload}>
            Load it as it is now
          </Button>
        </div>
      </Alert>
    );
  }
  if (error instanceof ApiError && error.status === 401) {
    return (
      <Alert color="orange" variant="light" role="alert">
        Your session had ended, and nothing was saved. You are signed in again: save it once more.
      </Alert>
    );
  }
  const isAtFields = error instanceof ApiError && error.details.length > 0;
  return (
    <Alert color="red" variant="light" role="alert">
      {isAtFields
        ? 'It was not saved: something is not right yet. It says so at the field.'
        : sentenceOf(error)}
    </Alert>
  );
}

const problemsOf = (error: unknown): readonly FieldProblem[] =>
  error instanceof ApiError ? error.details : [];
