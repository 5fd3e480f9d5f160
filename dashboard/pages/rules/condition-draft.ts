import type { Condition, Operator } from '../../api/rule-queries.ts';

// A condition while somebody is writing it. Its value is written as text, with the kind that it is meant to be, so that
// nobody has to know JSON. Pure.

/** What the value is meant to be; `none` where the operator has none. */
export type ValueKind = 'text' | 'number' | 'true' | 'false' | 'null' | 'texts' | 'numbers' | 'type' | 'none';

export interface ConditionDraft {
  /** Only to tell the rows of the form apart. */
  readonly key: string;
  readonly path: string;
  readonly operator: Operator;
  readonly kind: ValueKind;
  readonly text: string;
  readonly list: readonly string[];
  readonly caseInsensitive: boolean;
  readonly as: 'text' | 'number' | 'boolean' | undefined;
  readonly isTurnedRound: boolean;
  readonly unit: 'characters' | 'bytes' | undefined;
  /** A condition that the form has no fields for, such as a list of different kinds: it stays as it is. */
  readonly kept?: Condition | undefined;
}

export type ReadCondition =
  { readonly ok: true; readonly condition: Condition } | { readonly ok: false; readonly message: string };

export type TypeName = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'null';
export const TYPE_NAMES: readonly TypeName[] = ['text', 'number', 'boolean', 'list', 'object', 'null'];

/** The kinds that an operator can compare with, the usual one first. */
export function kindsOf(operator: Operator): readonly [ValueKind, ...ValueKind[]] {
  switch (operator) {
    case 'equals':
    case 'not_equals':
      return ['text', 'number', 'true', 'false', 'null', 'texts', 'numbers'];
    case 'in':
    case 'not_in':
      return ['texts', 'numbers'];
    case 'exists':
    case 'not_exists':
    case 'is_true':
    case 'is_false':
      return ['none'];
    case 'has_type':
    case 'not_has_type':
      return ['type'];
    case 'contains':
    case 'not_contains':
    case 'starts_with':
    case 'not_starts_with':
    case 'ends_with':
    case 'not_ends_with':
    case 'glob':
    case 'not_glob':
      return ['text'];
    default:
      return ['number'];
  }
}

export function newCondition(path = '', operator: Operator = 'equals'): ConditionDraft {
  return {
    key: crypto.randomUUID(),
    path,
    operator,
    kind: kindsOf(operator)[0],
    text: '',
    list: [],
    caseInsensitive: false,
    as: undefined,
    isTurnedRound: false,
    unit: undefined,
  };
}

/** With another operator, what was written stays where it can. */
export function withOperator(draft: ConditionDraft, operator: Operator): ConditionDraft {
  const kinds = kindsOf(operator);
  const isList = kinds[0] === 'texts';
  const wished = isList ? (draft.kind === 'number' ? 'numbers' : 'texts') : draft.kind;
  const kind = kinds.includes(wished) ? wished : kinds[0];
  return {
    ...draft,
    operator,
    kind,
    as: undefined,
    unit: undefined,
    ...(isList && draft.list.length === 0 && draft.text !== '' && { list: [draft.text] }),
    ...(!isList && draft.text === '' && draft.list[0] !== undefined && { text: draft.list[0] }),
    ...(kind === 'type' && { text: 'text' }),
  };
}

/** Whether letter case can be ignored. */
export const hasLetterCase = ({ operator, kind }: ConditionDraft): boolean =>
  (kind === 'text' || kind === 'texts') && !operator.startsWith('length_');

/** Whether texts that are numbers can be taken for numbers. */
export const readsNumbers = ({ operator, kind }: ConditionDraft): boolean =>
  kind === 'number' && !operator.startsWith('length_');

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const NO_NUMBER = 'Write a number, for example 3 or 2.5.';

export const numberOf = (text: string): number | undefined =>
  NUMBER.test(text.trim()) ? Number(text) : undefined;

export function conditionOf(draft: ConditionDraft): ReadCondition {
  if (draft.kept !== undefined) return { ok: true, condition: draft.kept };
  const path = draft.path.trim();
  const base = { path, ...(draft.isTurnedRound && { not: true }) };
  const letterCase = draft.caseInsensitive && hasLetterCase(draft) ? { caseInsensitive: true } : {};
  const reading = draft.as === undefined ? {} : { as: draft.as };
  const { operator } = draft;
  const good = (condition: Condition): ReadCondition => ({ ok: true, condition });
  switch (operator) {
    case 'exists':
    case 'not_exists':
      return good({ ...base, operator });
    case 'is_true':
    case 'is_false':
      return good({ ...base, operator, ...(draft.as === 'boolean' && { as: draft.as }) });
    case 'has_type':
    case 'not_has_type': {
      const value = TYPE_NAMES.find((name) => name === draft.text) ?? 'text';
      return good({ ...base, operator, value });
    }
    case 'contains':
    case 'not_contains':
    case 'starts_with':
    case 'not_starts_with':
    case 'ends_with':
    case 'not_ends_with':
    case 'glob':
    case 'not_glob': {
      const asText = draft.as === 'text' ? { as: draft.as } : {};
      return good({ ...base, operator, value: draft.text, ...letterCase, ...asText });
    }
    case 'in':
    case 'not_in': {
      const value = listOf(draft);
      return value === undefined
        ? { ok: false, message: NO_NUMBER }
        : good({ ...base, operator, value, ...letterCase, ...reading });
    }
    case 'equals':
    case 'not_equals': {
      const value = scalarOf(draft);
      return value === undefined
        ? { ok: false, message: NO_NUMBER }
        : good({ ...base, operator, value, ...letterCase, ...reading });
    }
    case 'greater_than':
    case 'greater_or_equal':
    case 'less_than':
    case 'less_or_equal': {
      const value = numberOf(draft.text);
      const asNumber = draft.as === 'number' ? { as: draft.as } : {};
      return value === undefined
        ? { ok: false, message: NO_NUMBER }
        : good({ ...base, operator, value, ...asNumber });
    }
    default: {
      const value = numberOf(draft.text);
      const unit = draft.unit === undefined ? {} : { unit: draft.unit };
      return value === undefined
        ? { ok: false, message: 'Write a length: a whole number from 0.' }
        : good({ ...base, operator, value, ...unit });
    }
  }
}

function listOf({ kind, list }: ConditionDraft): (string | number)[] | undefined {
  if (kind !== 'numbers') return [...list];
  const numbers = list.map(numberOf).filter((number) => number !== undefined);
  return numbers.length === list.length ? numbers : undefined;
}

function scalarOf(draft: ConditionDraft): string | number | boolean | null | (string | number)[] | undefined {
  switch (draft.kind) {
    case 'number':
      return numberOf(draft.text);
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    case 'texts':
    case 'numbers':
      return listOf(draft);
    default:
      return draft.text;
  }
}

export function conditionDraftOf(condition: Condition): ConditionDraft {
  const value = 'value' in condition ? condition.value : undefined;
  const written: ConditionDraft = {
    ...newCondition(condition.path, condition.operator),
    ...valueDraftOf(value, condition.operator),
    caseInsensitive: 'caseInsensitive' in condition && condition.caseInsensitive === true,
    as: 'as' in condition ? condition.as : undefined,
    isTurnedRound: condition.not === true,
    unit: 'unit' in condition ? condition.unit : undefined,
  };
  // What the fields cannot say again is left alone.
  const again = conditionOf(written);
  return again.ok && isSame(again.condition, condition) ? written : { ...written, kept: condition };
}

type Written = Pick<ConditionDraft, 'kind' | 'text' | 'list'>;

function valueDraftOf(value: unknown, operator: Operator): Written {
  const kind = kindsOf(operator)[0];
  if (Array.isArray(value)) {
    const isNumbers = value.length > 0 && value.every((entry) => typeof entry === 'number');
    return { kind: isNumbers ? 'numbers' : 'texts', text: '', list: value.map(String) };
  }
  switch (typeof value) {
    case 'string':
      return { kind: kind === 'type' ? kind : 'text', text: value, list: [] };
    case 'number':
      return { kind: 'number', text: String(value), list: [] };
    case 'boolean':
      return { kind: value ? 'true' : 'false', text: '', list: [] };
    default:
      return { kind: value === null ? 'null' : kind, text: '', list: [] };
  }
}

const isSame = (left: Condition, right: Condition): boolean => sorted(left) === sorted(right);

/** Switches that are off are the same as absent ones. */
const sorted = (condition: Condition): string =>
  JSON.stringify(
    Object.entries(condition)
      .filter(([, value]) => value !== undefined && value !== false)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );
