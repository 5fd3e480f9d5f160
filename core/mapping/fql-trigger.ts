import type { FqlExpression, FqlOperand, FqlScalar } from './fql-syntax.ts';
import { ALWAYS, allOf, anyOf, condition, NEVER, type Logic } from './logic.ts';
import { pathToText } from './path.ts';

// What the text of a mapping trigger (Segment Actions, package destination-subscriptions 3.37) makes Segment do, as
// conditions. Triggers have quirks. Where Segment's reading of a text can be said in our operators and is what the text
// says, it is taken over to the letter: `!contains(…)` needs a text, `!= 5` needs a number. Where Segment does something
// else than the text says, or something that no one can have meant, the text is refused and the quirk is named: to
// repeat it silently and to mend it silently would both be a wrong bill.

export type Report = (at: { readonly at: number; readonly end: number }, message: string) => void;

const FIELDS_WITH_KEYS = new Set(['properties', 'traits', 'context']);
const PLAIN_FIELDS = new Set(['type', 'event', 'name', 'userId']);
const GLOB_SIGNS = /[*?[\]\\]/;

export function triggerLogic(expression: FqlExpression, report: Report): Logic {
  return read(expression, undefined, report);
}

/** `outer` is how the group that holds the expression is joined to its neighbours; undefined outside of any group. */
function read(expression: FqlExpression, outer: 'and' | 'or' | 'alone' | undefined, report: Report): Logic {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      if (outer !== undefined && outer !== 'alone' && outer !== expression.kind)
        checkFunctions(expression, report);
      const { kind, parts } = expression;
      const logics = parts.map((part) =>
        part.kind === 'group' ? readGroup(part, outer, kind, report) : read(part, outer, report),
      );
      return kind === 'and' ? allOf(logics) : anyOf(logics);
    }
    case 'group':
      return readGroup(expression, outer, 'alone', report);
    case 'not':
      return readNot(expression, report);
    case 'comparison':
      return readComparison(expression, report);
    case 'bare':
      return readFunction(expression.operand, false, report);
  }
}

function readGroup(
  expression: Extract<FqlExpression, { kind: 'group' }>,
  outer: 'and' | 'or' | 'alone' | undefined,
  joint: 'and' | 'or' | 'alone',
  report: Report,
): Logic {
  if (outer !== undefined) {
    report(
      expression,
      'Segment reads one level of parentheses in a trigger: with more it is false for every event.',
    );
  }
  return read(expression.part, joint, report);
}

/** Segment takes the parenthesis after a function's arguments for the end of the group around it. */
function checkFunctions({ parts }: Extract<FqlExpression, { kind: 'and' | 'or' }>, report: Report): void {
  for (const part of parts.slice(0, -1)) {
    if (part.kind === 'bare' || part.kind === 'not') {
      report(
        part,
        'Segment ends a group at the first function inside it. Put the function at the end of the parentheses, and a second one outside.',
      );
    }
  }
}

function readNot(expression: Extract<FqlExpression, { kind: 'not' }>, report: Report): Logic {
  const { part } = expression;
  if (part.kind === 'bare' && part.operand.kind === 'call') return readFunction(part.operand, true, report);
  return refuse(
    report,
    expression,
    'In a trigger Segment ignores "!" except before contains() and match(). Write the condition without it.',
  );
}

interface Field {
  readonly path: string;
  /** The first key: what Segment goes by. */
  readonly name: string;
}

function readField(operand: FqlOperand, report: Report): Field | undefined {
  if (operand.kind !== 'path') {
    report(operand, 'A trigger compares a field with a value: write the field first.');
    return undefined;
  }
  const [name = '', ...keys] = operand.keys;
  const known = keys.length === 0 ? PLAIN_FIELDS.has(name) : FIELDS_WITH_KEYS.has(name);
  if (!known) {
    report(
      operand,
      'A trigger can look at type, event, name, userId, and below properties, traits and context. With another field it is false for every event.',
    );
    return undefined;
  }
  if (keys.some((key) => /[.[\]]/.test(key))) {
    report(
      operand,
      'Segment takes a dot or bracket inside a key for a step further down. Write the path that is meant.',
    );
    return undefined;
  }
  if (keys.some((key) => /^[0-9]/.test(key))) {
    report(operand, 'Segment cannot read a key that begins with a digit in a trigger.');
    return undefined;
  }
  return { path: pathToText(operand.keys), name };
}

function readComparison(expression: Extract<FqlExpression, { kind: 'comparison' }>, report: Report): Logic {
  const { operator, left, right } = expression;
  const field = readField(left, report);
  if (operator === 'in' || right.kind === 'list') {
    return refuse(report, expression, 'A trigger has no "in": in Segment it is false for every event.');
  }
  if (right.kind !== 'literal') {
    return refuse(report, right, 'A trigger compares a field with a text, a number, true, false or null.');
  }
  if (right.singleQuoted) {
    return refuse(
      report,
      right,
      'Segment takes single quotes in a trigger as part of the text. Write double quotes.',
    );
  }
  if (field === undefined) return NEVER;
  const { value } = right;
  if (operator === '=' || operator === '!=') {
    return readEquality(expression, field, operator === '=', value, report);
  }
  if (typeof value !== 'number') {
    return refuse(report, right, `Write a number after ${operator}.`);
  }
  if (field.name !== 'userId' && PLAIN_FIELDS.has(field.name)) {
    return refuse(
      report,
      expression,
      `${field.name} is a text: Segment compares only numbers with ${operator}.`,
    );
  }
  const operators = {
    '>': 'greater_than',
    '>=': 'greater_or_equal',
    '<': 'less_than',
    '<=': 'less_or_equal',
  } as const;
  return condition({ path: field.path, operator: operators[operator], value });
}

function readEquality(
  expression: Extract<FqlExpression, { kind: 'comparison' }>,
  { path, name }: Field,
  equal: boolean,
  value: FqlScalar,
  report: Report,
): Logic {
  if (typeof value === 'string') return equality(path, equal, value);
  // These three are compared as texts, whatever stands there; for type and event that includes null.
  if (name === 'type' || name === 'event') return equality(path, equal, String(value));
  if (value === null) return condition({ path, operator: equal ? 'not_exists' : 'exists' });
  if (name === 'name' || (name === 'userId' && typeof value === 'number'))
    return equality(path, equal, String(value));
  if (typeof value === 'boolean') {
    if (equal) return condition({ path, operator: value ? 'is_true' : 'is_false' });
    return refuse(
      report,
      expression,
      `Segment compares "!= ${value}" with the text "${value}", so it holds for true and for false. Write = ${!value}, or != null.`,
    );
  }
  if (equal) return condition({ path, operator: 'equals', value });
  return allOf([
    condition({ path, operator: 'has_type', value: 'number' }),
    condition({ path, operator: 'not_equals', value }),
  ]);
}

function equality(path: string, equal: boolean, value: string): Logic {
  return condition({ path, operator: equal ? 'equals' : 'not_equals', value });
}

function readFunction(operand: FqlOperand, negated: boolean, report: Report): Logic {
  if (operand.kind !== 'call' || (operand.name !== 'contains' && operand.name !== 'match')) {
    return refuse(
      report,
      operand,
      'In a trigger a condition is a comparison, contains() or match(): with anything else it is false for every event.',
    );
  }
  const [subject, sought, ...more] = operand.args;
  if (subject === undefined || sought?.kind !== 'literal' || more.length > 0) {
    return refuse(report, operand, `Write ${operand.name}(field, "text").`);
  }
  const field = readField(subject, report);
  if (sought.singleQuoted) {
    return refuse(
      report,
      sought,
      'Segment takes single quotes in a trigger as part of the text. Write double quotes.',
    );
  }
  if (sought.value === null) return refuse(report, sought, `Write ${operand.name}(field, "text").`);
  if (field === undefined) return NEVER;
  if (field.name === 'type') {
    return refuse(
      report,
      operand,
      `Segment skips ${operand.name}() on type in a trigger. Compare type with =.`,
    );
  }
  const text = String(sought.value);
  if (operand.name === 'contains') return textCondition(field.path, 'contains', text, negated);
  return readMatch(operand, field.path, text, negated, report);
}

function readMatch(
  operand: FqlOperand,
  path: string,
  pattern: string,
  negated: boolean,
  report: Report,
): Logic {
  if (pattern.endsWith('*')) {
    const start = pattern.slice(0, -1);
    if (!GLOB_SIGNS.test(start)) return textCondition(path, 'starts_with', start, negated);
  } else if (pattern.startsWith('*')) {
    const end = pattern.slice(1);
    if (!GLOB_SIGNS.test(end)) return textCondition(path, 'ends_with', end, negated);
  }
  return refuse(
    report,
    operand,
    'In a trigger Segment reads match() only as "begins with", for a pattern with * at its end, or "ends with", for * at its start. Another pattern does not do there what it says.',
  );
}

/** Segment's negations need a text: `!contains(…)` is false where the field is missing. */
function textCondition(
  path: string,
  operator: 'contains' | 'starts_with' | 'ends_with',
  value: string,
  negated: boolean,
): Logic {
  if (value === '') return negated ? NEVER : condition({ path, operator: 'has_type', value: 'text' });
  return condition({ path, operator: negated ? `not_${operator}` : operator, value });
}

function refuse(report: Report, at: { readonly at: number; readonly end: number }, message: string): Logic {
  report(at, message);
  return ALWAYS;
}
