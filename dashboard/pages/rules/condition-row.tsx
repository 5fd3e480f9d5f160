import { ActionIcon, Checkbox, NativeSelect, Text, TextInput, Tooltip } from '@mantine/core';
import type { FieldProblem } from '../../api/api-error.ts';
import { Icon } from '../../parts/icon.tsx';
import { ConditionText } from '../../rule-text/condition-text.tsx';
import { OPERATOR_GROUPS, OPERATOR_WORDS } from '../../rule-text/operator-words.ts';
import type { Operator } from '../../api/rule-queries.ts';
import {
  hasLetterCase,
  kindsOf,
  readsNumbers,
  TYPE_NAMES,
  withOperator,
  type ConditionDraft,
  type ValueKind,
} from './condition-draft.ts';
import { problemAt } from './field-problems.ts';
import type { KnownPath } from './property-paths.ts';
import { ListInput, SuggestionInput } from './suggestion-input.tsx';
import classes from './rule-form.module.css';

interface ConditionRowProps {
  readonly condition: ConditionDraft;
  /** Its position in the rule, from 0. */
  readonly index: number;
  readonly problems: readonly FieldProblem[];
  readonly known: readonly KnownPath[];
  readonly onChange: (condition: ConditionDraft) => void;
  readonly onRemove: () => void;
}

const OPERATORS = OPERATOR_GROUPS.map(({ group, operators }) => ({
  group,
  items: operators.map((operator) => ({ value: operator, label: OPERATOR_WORDS[operator] })),
}));
const isOperator = (value: string): value is Operator => Object.hasOwn(OPERATOR_WORDS, value);

const KIND_WORDS: Readonly<Record<ValueKind, string>> = {
  text: 'text',
  number: 'number',
  true: 'true',
  false: 'false',
  null: 'null',
  texts: 'list of texts',
  numbers: 'list of numbers',
  type: 'type',
  none: '',
};

export function ConditionRow({ condition, index, problems, known, onChange, onRemove }: ConditionRowProps) {
  const change = (fields: Partial<ConditionDraft>): void => onChange({ ...condition, ...fields });
  const field = `conditions[${String(index)}]`;
  const kinds = kindsOf(condition.operator);
  const remove = (
    <Tooltip label="Take this condition away">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Take condition ${String(index + 1)} away`}
        onClick={onRemove}
      >
        <Icon name="close" size={16} />
      </ActionIcon>
    </Tooltip>
  );
  const kept = condition.kept;
  if (kept !== undefined) {
    return (
      <div role="group" aria-label={`Condition ${String(index + 1)}`} className={classes['kept']}>
        <div>
          <ConditionText condition={kept} />
          <Text size="xs" c="dimmed">
            Written through the API in a way that this form cannot show. It stays as it is.
          </Text>
        </div>
        {remove}
      </div>
    );
  }
  const operatorProblem =
    problemAt(problems, `${field}.operator`, `${field}.not`) ??
    problems.find(({ path }) => path === field)?.message;
  return (
    <div role="group" aria-label={`Condition ${String(index + 1)}`} className={classes['condition']}>
      <div className={classes['conditionHead']}>
        <Text size="sm" c="dimmed">
          Condition {index + 1}
        </Text>
        {remove}
      </div>
      <div className={classes['fields']}>
        <SuggestionInput
          label="Field"
          placeholder="properties.plan"
          isCode
          value={condition.path}
          error={problemAt(problems, `${field}.path`)}
          suggestions={known.map(({ path }) => path)}
          onChange={(path) => change({ path })}
        />
        <NativeSelect
          label="Comparison"
          data={OPERATORS}
          value={condition.operator}
          error={operatorProblem}
          onChange={({ currentTarget: { value } }) =>
            isOperator(value) && onChange(withOperator(condition, value))
          }
        />
        {kinds.length > 1 && (
          <NativeSelect
            label="Kind of value"
            data={kinds.map((kind) => ({ value: kind, label: KIND_WORDS[kind] }))}
            value={condition.kind}
            onChange={({ currentTarget: { value } }) => {
              const kind = kinds.find((name) => name === value);
              if (kind !== undefined) change({ kind, as: undefined });
            }}
          />
        )}
        <ValueField
          condition={condition}
          error={problemAt(problems, `${field}.value`, `${field}.caseInsensitive`, `${field}.as`)}
          suggestions={known.find(({ path }) => path === condition.path)?.values ?? []}
          onChange={change}
        />
      </div>
      <Switches condition={condition} onChange={change} />
    </div>
  );
}

interface ValueFieldProps {
  readonly condition: ConditionDraft;
  readonly error: string | undefined;
  readonly suggestions: readonly string[];
  readonly onChange: (fields: Partial<ConditionDraft>) => void;
}

function ValueField({ condition, error, suggestions, onChange }: ValueFieldProps) {
  const isPattern = condition.operator === 'glob' || condition.operator === 'not_glob';
  switch (condition.kind) {
    case 'text':
      return (
        <SuggestionInput
          label={isPattern ? 'Pattern' : 'Value'}
          placeholder={isPattern ? '* any characters, ? one' : undefined}
          value={condition.text}
          error={error}
          suggestions={isPattern ? [] : suggestions}
          onChange={(text) => onChange({ text })}
        />
      );
    case 'number':
      return (
        <TextInput
          label={condition.operator.startsWith('length_') ? 'Length' : 'Number'}
          inputMode="decimal"
          value={condition.text}
          error={error}
          onChange={({ currentTarget: { value: text } }) => onChange({ text })}
        />
      );
    case 'texts':
    case 'numbers':
      return (
        <ListInput
          label="Values"
          placeholder={condition.list.length === 0 ? 'Write one, press Enter' : undefined}
          value={condition.list}
          error={error}
          suggestions={suggestions}
          onChange={(list) => onChange({ list })}
        />
      );
    case 'type':
      return (
        <NativeSelect
          label="Type"
          data={[...TYPE_NAMES]}
          value={condition.text}
          error={error}
          onChange={({ currentTarget: { value: text } }) => onChange({ text })}
        />
      );
    default:
      return (
        error !== undefined && (
          <Text size="sm" c="error" role="alert">
            {error}
          </Text>
        )
      );
  }
}

function Switches({ condition, onChange }: Pick<ValueFieldProps, 'condition' | 'onChange'>) {
  const { as } = condition;
  const withCase = hasLetterCase(condition);
  const withNumbers = readsNumbers(condition);
  const others = [
    as !== undefined && !(withNumbers && as === 'number') && `values are read as ${as}`,
    condition.unit === 'bytes' && 'the length is in bytes',
  ].filter((note) => note !== false);
  if (!withCase && !withNumbers && !condition.isTurnedRound && others.length === 0) return null;
  return (
    <div className={classes['switches']}>
      {withCase && (
        <Checkbox
          size="xs"
          label="In any letter case"
          checked={condition.caseInsensitive}
          onChange={({ currentTarget: { checked } }) => onChange({ caseInsensitive: checked })}
        />
      )}
      {withNumbers && (
        <Checkbox
          size="xs"
          label="Also numbers that were sent as text"
          checked={as === 'number'}
          onChange={({ currentTarget: { checked } }) => onChange({ as: checked ? 'number' : undefined })}
        />
      )}
      {condition.isTurnedRound && (
        <Checkbox
          size="xs"
          label="Turned round: holds exactly where this does not"
          checked
          onChange={() => onChange({ isTurnedRound: false })}
        />
      )}
      {others.length > 0 && (
        <Text size="xs" c="dimmed">
          Here {others.join(', and ')}.
        </Text>
      )}
    </div>
  );
}
