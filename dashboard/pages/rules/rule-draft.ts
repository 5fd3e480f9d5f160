import type { Condition, EventMatcher, Operator, RuleBody } from '../../api/rule-queries.ts';
import type { FieldProblem } from '../../api/api-error.ts';
import { conditionDraftOf, conditionOf, newCondition, type ConditionDraft } from './condition-draft.ts';

// A rule while somebody is writing it: every field as it stands in the form, also while it is not finished. Pure.

export interface RuleDraft {
  readonly name: string;
  readonly enabled: boolean;
  readonly featureId: string;
  readonly event: EventDraft;
  readonly conditions: readonly ConditionDraft[];
  readonly delta: DeltaDraft;
}

export interface EventDraft {
  readonly operator: EventMatcher['operator'];
  readonly value: string;
  /** With an operator that takes several. */
  readonly names: readonly string[];
  readonly caseInsensitive: boolean;
}

export interface DeltaDraft {
  readonly kind: 'event' | 'constant' | 'path';
  readonly constant: string;
  readonly path: string;
}

export type ReadDraft =
  | { readonly ok: true; readonly body: RuleBody }
  /** What cannot even be sent, in the same form as the API's own problems. */
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

export function emptyDraft(event = ''): RuleDraft {
  return {
    name: '',
    enabled: true,
    featureId: '',
    event: { operator: 'equals', value: event, names: [], caseInsensitive: false },
    conditions: [],
    delta: { kind: 'event', constant: '1', path: '' },
  };
}

export function draftOf(body: Pick<RuleBody, 'event'> & Partial<RuleBody>): RuleDraft {
  const { event, delta } = body;
  const empty = emptyDraft();
  return {
    name: body.name ?? '',
    enabled: body.enabled ?? true,
    featureId: body.featureId ?? '',
    event: {
      operator: event.operator,
      value: typeof event.value === 'string' ? event.value : '',
      names: typeof event.value === 'string' ? [] : event.value,
      caseInsensitive: event.caseInsensitive === true,
    },
    conditions: (body.conditions ?? []).map(conditionDraftOf),
    delta:
      delta === undefined
        ? empty.delta
        : 'path' in delta
          ? { ...empty.delta, kind: 'path', path: delta.path }
          : { ...empty.delta, kind: 'constant', constant: String(delta.value) },
  };
}

export function readDraft(draft: RuleDraft): ReadDraft {
  const conditions: Condition[] = [];
  const problems: FieldProblem[] = [];
  for (const [index, written] of draft.conditions.entries()) {
    const read = conditionOf(written);
    if (read.ok) conditions.push(read.condition);
    else problems.push({ path: `conditions[${String(index)}].value`, message: read.message });
  }
  if (problems.length > 0) return { ok: false, problems };
  const name = draft.name.trim();
  const delta = deltaOf(draft.delta);
  return {
    ok: true,
    body: {
      ...(name !== '' && { name }),
      enabled: draft.enabled,
      featureId: draft.featureId,
      event: matcherOf(draft.event),
      conditions,
      ...(delta !== undefined && { delta }),
    },
  };
}

/** What is still empty and has to be filled in before a preview can say anything; undefined when nothing is. */
export function missingIn({ event, conditions, featureId, delta }: RuleDraft): string | undefined {
  if (takesNames(event.operator) ? event.names.length === 0 : event.value === '') {
    return 'Say which events the rule is for.';
  }
  if (conditions.some(isUnfinished)) return 'Finish the condition, or take it away.';
  if (featureId === '') return 'Choose the feature that they count for.';
  if (delta.kind === 'path' && delta.path.trim() === '') return 'Say where the event has the amount.';
  if (delta.kind === 'constant' && delta.constant.trim() === '') return 'Write the amount.';
  return undefined;
}

function isUnfinished(condition: ConditionDraft): boolean {
  if (condition.kept !== undefined) return false;
  if (condition.path.trim() === '') return true;
  switch (condition.kind) {
    case 'number':
      return condition.text.trim() === '';
    case 'texts':
    case 'numbers':
      return condition.list.length === 0;
    case 'text':
      // An empty text can be compared with, but is part of every other.
      return condition.text === '' && !['equals', 'not_equals'].includes(condition.operator);
    default:
      return false;
  }
}

export const takesNames = (operator: EventMatcher['operator']): boolean =>
  operator === 'in' || operator === 'not_in';

function matcherOf({ operator, value, names, caseInsensitive }: EventDraft): EventMatcher {
  const letterCase = caseInsensitive ? { caseInsensitive } : {};
  return operator === 'in' || operator === 'not_in'
    ? { operator, value: [...names], ...letterCase }
    : { operator, value, ...letterCase };
}

function deltaOf({ kind, constant, path }: DeltaDraft): RuleBody['delta'] {
  switch (kind) {
    case 'event':
      return undefined;
    case 'constant':
      return { value: constant.trim() };
    case 'path':
      return { path: path.trim() };
  }
}

/** With another event operator, what was written stays where it can. */
export function withEventOperator(event: EventDraft, operator: EventMatcher['operator']): EventDraft {
  if (takesNames(operator) && event.names.length === 0 && event.value !== '') {
    return { ...event, operator, names: [event.value] };
  }
  if (!takesNames(operator) && event.value === '') {
    return { ...event, operator, value: event.names[0] ?? '' };
  }
  return { ...event, operator };
}

export const withCondition = (draft: RuleDraft, path = '', operator: Operator = 'equals'): RuleDraft => ({
  ...draft,
  conditions: [...draft.conditions, newCondition(path, operator)],
});
