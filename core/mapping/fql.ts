import { parseJson } from '../json-value.ts';
import { compileCondition } from './condition.ts';
import type { Condition, EventMatcher } from './condition-schema.ts';
import { filterLogic } from './fql-filter.ts';
import { parseFql } from './fql-syntax.ts';
import { triggerLogic } from './fql-trigger.ts';
import { allOf, ALWAYS, anyOf, NEVER, rowsOf, type Logic } from './logic.ts';
import { checkRuleBody } from './rule.ts';

// A filter written for Segment becomes a rule, or a list of what a rule cannot express. Segment has two languages that
// look alike and disagree about missing fields (fql-trigger.ts, fql-filter.ts), so whoever imports must say which one
// the text is from. Rules only ever see track events: what a filter says about `type` is decided here, once.

export type FqlDialect =
  /** The trigger of a mapping in a Segment Actions destination. */
  | 'trigger'
  /** A destination filter, or a transformation's condition. */
  | 'filter';

export interface ImportedRule {
  readonly event: EventMatcher;
  readonly conditions: readonly Condition[];
}

export interface FqlProblem {
  /** Offset in the imported text. */
  readonly at: number;
  /** The part of the text that cannot be expressed; empty where something is missing. */
  readonly text: string;
  readonly message: string;
}

export type FqlImport =
  | { readonly ok: true; readonly rule: ImportedRule }
  | {
      readonly ok: false;
      readonly problems: readonly FqlProblem[];
      /** Rules that say the same together. For one feature they may all be saved: an event counts once per feature. */
      readonly alternatives?: readonly ImportedRule[];
    };

/** More rules than this from one text would be a burden to keep, not a help. */
const ALTERNATIVES_MAX = 20;

export function importFql(text: string, dialect: FqlDialect): FqlImport {
  const parsed = parseFql(text);
  if (!parsed.ok) return { ok: false, problems: [{ ...parsed.problem, text: '' }] };
  const problems: FqlProblem[] = [];
  const report = ({ at, end }: { readonly at: number; readonly end: number }, message: string): void => {
    problems.push({ at, text: text.slice(at, end), message });
  };
  const { expression } = parsed;
  const read = dialect === 'trigger' ? triggerLogic(expression, report) : filterLogic(expression, report);
  if (problems.length > 0) return { ok: false, problems };

  const whole = (message: string): FqlProblem => ({ at: 0, text, message });
  const rows = rowsOf(forTrackEvents(read), ALTERNATIVES_MAX);
  if (rows === undefined) {
    const message = `This needs more than ${ALTERNATIVES_MAX} rules, because every condition of a rule must hold. Split the filter.`;
    return { ok: false, problems: [whole(message)] };
  }
  const rules = rows.map(ruleOf);
  const [rule] = rules;
  if (rule === undefined) return { ok: false, problems: [whole('This holds for no track event.')] };
  const broken = rules.flatMap(problemsOf);
  if (broken.length > 0) return { ok: false, problems: broken.map(whole) };
  if (rules.length === 1) return { ok: true, rule };
  const message = `All conditions of a rule must hold, so "or" between different fields needs ${rules.length} rules. They may count for the same feature: an event counts once.`;
  return { ok: false, problems: [whole(message)], alternatives: rules };
}

/** What is said about `type` is true or false of every track event. */
function forTrackEvents(logic: Logic): Logic {
  switch (logic.kind) {
    case 'and':
      return allOf(logic.parts.map(forTrackEvents));
    case 'or':
      return anyOf(logic.parts.map(forTrackEvents));
    case 'condition':
      if (logic.condition.path !== 'type') return logic;
      return compileCondition(logic.condition)?.holdsFor('track') === true ? ALWAYS : NEVER;
    default:
      return logic;
  }
}

const ANY_EVENT: EventMatcher = { operator: 'glob', value: '*' };

/** The most telling condition on the event's name becomes the matcher; the others stay conditions, on the path `event`. */
function ruleOf(row: readonly Condition[]): ImportedRule {
  let event: EventMatcher | undefined;
  let from: Condition | undefined;
  for (const candidate of row) {
    const matcher = candidate.path === 'event' ? matcherOf(candidate) : undefined;
    if (matcher !== undefined && (event === undefined || (isExact(matcher) && !isExact(event)))) {
      event = matcher;
      from = candidate;
    }
  }
  return { event: event ?? ANY_EVENT, conditions: row.filter((candidate) => candidate !== from) };
}

function isExact({ operator, caseInsensitive }: EventMatcher): boolean {
  return (operator === 'equals' || operator === 'in') && caseInsensitive !== true;
}

/** The same as a matcher, where a matcher can say it. */
function matcherOf(condition: Condition): EventMatcher | undefined {
  if (condition.not === true) return undefined;
  switch (condition.operator) {
    case 'equals':
    case 'not_equals': {
      const { operator, value } = condition;
      return typeof value === 'string' && value !== ''
        ? { operator, value, ...letterCase(condition) }
        : undefined;
    }
    case 'in':
    case 'not_in': {
      const { operator, value } = condition;
      const names = value.filter((name) => typeof name === 'string');
      return names.length === value.length ? { operator, value: names, ...letterCase(condition) } : undefined;
    }
    case 'contains':
    case 'not_contains':
    case 'starts_with':
    case 'not_starts_with':
    case 'ends_with':
    case 'not_ends_with':
    case 'glob':
    case 'not_glob': {
      const { operator, value } = condition;
      return { operator, value, ...letterCase(condition) };
    }
    case 'has_type':
      // `match(event, "*")`
      return condition.value === 'text' ? ANY_EVENT : undefined;
    default:
      return undefined;
  }
}

function letterCase({ caseInsensitive }: { readonly caseInsensitive?: boolean | undefined }): {
  caseInsensitive?: true;
} {
  return caseInsensitive === true ? { caseInsensitive } : {};
}

/** What keeps the rule from being saved: a text beyond the limits, a pattern that cannot be read. */
function problemsOf({ event, conditions }: ImportedRule): string[] {
  const input = parseJson(JSON.stringify({ featureId: 'imported', event, conditions }));
  if (!input.ok) return [input.message];
  const checked = checkRuleBody(input.value);
  return checked.ok ? [] : checked.problems.map(({ message }) => message);
}
