import { draftOf, emptyDraft, type RuleDraft } from './rule-draft.ts';
import type { RuleBody } from '../../api/rule-queries.ts';

// A rule that is begun elsewhere (from a group of unmapped events, a suggestion, a filter) travels in the address, so that
// it can be opened in another tab and found again.

export type BegunRule = Pick<RuleBody, 'event'> &
  Partial<Pick<RuleBody, 'conditions' | 'delta' | 'featureId'>>;

export const newRuleFor = (event: string): string =>
  `/rules/new?${new URLSearchParams({ event }).toString()}`;

export const newRuleFrom = (rule: BegunRule): string =>
  `/rules/new?${new URLSearchParams({ rule: JSON.stringify(rule) }).toString()}`;

/** The only feature there is, is chosen already. */
export function prefilledDraft(search: URLSearchParams, featureId = ''): RuleDraft {
  const begun = readBegun(search.get('rule'));
  const draft = begun === undefined ? emptyDraft(search.get('event') ?? '') : draftOf(begun);
  return draft.featureId === '' ? { ...draft, featureId } : draft;
}

function readBegun(text: string | null): BegunRule | undefined {
  if (text === null) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isBegunRule(value) ? value : undefined;
  } catch {
    // An address that was cut off or typed by hand begins an empty rule.
    return undefined;
  }
}

/** Enough to be shown in the form. Whether it is right, the API says when it is previewed. */
function isBegunRule(value: unknown): value is BegunRule {
  if (!isObject(value) || !isObject(value['event'])) return false;
  const { event, conditions = [], delta = {}, featureId = '' } = value;
  return (
    typeof featureId === 'string' &&
    typeof event['operator'] === 'string' &&
    (typeof event['value'] === 'string' || isListOfTexts(event['value'])) &&
    Array.isArray(conditions) &&
    conditions.every(
      (condition) =>
        isObject(condition) &&
        typeof condition['path'] === 'string' &&
        typeof condition['operator'] === 'string',
    ) &&
    isObject(delta)
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isListOfTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');
