import type { Condition } from './condition-schema.ts';
import type { FqlComparison, FqlExpression, FqlOperand, FqlScalar } from './fql-syntax.ts';
import type { Report } from './fql-trigger.ts';
import { ALWAYS, allOf, anyOf, condition, NEVER, oppositeOf, type Logic } from './logic.ts';
import { parsePath, pathToText } from './path.ts';

// What a destination filter in Segment's full FQL says, as conditions. Here a missing field is null, and a function of
// null is false, 0 or null, so `!contains(…)` and `length(…) = 0` hold where nothing is. Segment's reference is the
// source; what it leaves open (the coercions of bool(), the snake case of a text) is refused.

export function filterLogic(expression: FqlExpression, report: Report): Logic {
  switch (expression.kind) {
    case 'and':
      return allOf(expression.parts.map((part) => filterLogic(part, report)));
    case 'or':
      return anyOf(expression.parts.map((part) => filterLogic(part, report)));
    case 'group':
      return filterLogic(expression.part, report);
    case 'not':
      return oppositeOf(filterLogic(expression.part, report));
    case 'bare':
      return readBare(expression.operand, report);
    case 'comparison':
      return readComparison(expression, report);
  }
}

/** A field, perhaps seen through functions. */
interface Subject {
  readonly path: string;
  /** `lowercase()` or `uppercase()` around it. */
  readonly letters?: 'lower' | 'upper';
  readonly as?: 'number' | 'text';
  readonly of?: 'length' | 'type';
}

function readSubject(operand: FqlOperand, report: Report): Subject | undefined {
  if (operand.kind === 'path') {
    const path = pathToText(operand.keys);
    const parsed = parsePath(path);
    if (parsed.ok) return { path };
    report(operand, parsed.message);
    return undefined;
  }
  if (operand.kind !== 'call') {
    report(operand, 'A condition needs a field of the event, like properties.plan.');
    return undefined;
  }
  const [argument, ...more] = operand.args;
  if (argument === undefined || more.length > 0) {
    report(operand, `${operand.name}() cannot be compared with a value, or has one argument.`);
    return undefined;
  }
  const inner = readSubject(argument, report);
  if (inner === undefined) return undefined;
  const plain = inner.letters === undefined && inner.as === undefined && inner.of === undefined;
  if (plain) {
    switch (operand.name) {
      case 'lowercase':
        return { ...inner, letters: 'lower' };
      case 'uppercase':
        return { ...inner, letters: 'upper' };
      case 'number':
        return { ...inner, as: 'number' };
      case 'string':
        return { ...inner, as: 'text' };
      case 'length':
        return { ...inner, of: 'length' };
      case 'typeof':
        return { ...inner, of: 'type' };
      default:
    }
  }
  report(
    operand,
    plain
      ? `${operand.name}() cannot be expressed in a rule.`
      : 'A rule looks at a field through one function at most.',
  );
  return undefined;
}

function readBare(operand: FqlOperand, report: Report): Logic {
  if (operand.kind === 'literal' && typeof operand.value === 'boolean') return operand.value ? ALWAYS : NEVER;
  if (operand.kind === 'path' && operand.keys.length === 1 && operand.keys[0] === 'all') return ALWAYS;
  if (operand.kind === 'path') {
    const subject = readSubject(operand, report);
    return subject === undefined ? ALWAYS : condition({ path: subject.path, operator: 'is_true' });
  }
  if (operand.kind === 'call' && (operand.name === 'contains' || operand.name === 'match')) {
    return readSearch(operand, report);
  }
  return refuse(
    report,
    operand,
    'A condition is a comparison, contains(), match(), or a field that is true or false.',
  );
}

function readSearch(operand: Extract<FqlOperand, { kind: 'call' }>, report: Report): Logic {
  const [first, second, ...more] = operand.args;
  if (
    first === undefined ||
    second?.kind !== 'literal' ||
    typeof second.value !== 'string' ||
    more.length > 0
  ) {
    return refuse(report, operand, `Write ${operand.name}(field, "text"): the field first, then the text.`);
  }
  const subject = readSubject(first, report);
  if (subject === undefined) return ALWAYS;
  const { path, of, as } = subject;
  if (of !== undefined || as === 'number') {
    return refuse(
      report,
      operand,
      `${operand.name}() looks into a text: write the field itself as its first argument.`,
    );
  }
  const value = second.value;
  if (!canMeet(subject, value)) return NEVER;
  const switches = {
    ...(subject.letters === undefined ? {} : { caseInsensitive: true }),
    ...(as === undefined ? {} : { as }),
  };
  if (operand.name === 'match')
    return value === '' ? textIs(path, '') : condition({ path, operator: 'glob', value, ...switches });
  if (value === '') return condition({ path, operator: 'has_type', value: 'text' });
  return condition({ path, operator: 'contains', value, ...switches });
}

function textIs(path: string, value: string): Logic {
  return condition({ path, operator: 'equals', value });
}

/** lowercase(x) never equals or contains a text with capitals. */
function canMeet({ letters }: Subject, value: string): boolean {
  if (letters === undefined) return true;
  return value === (letters === 'lower' ? value.toLowerCase() : value.toUpperCase());
}

const FLIPPED: Readonly<Record<Exclude<FqlComparison, 'in'>, Exclude<FqlComparison, 'in'>>> = {
  '=': '=',
  '!=': '!=',
  '>': '<',
  '>=': '<=',
  '<': '>',
  '<=': '>=',
};

function readComparison(expression: Extract<FqlExpression, { kind: 'comparison' }>, report: Report): Logic {
  const { operator, left, right } = expression;
  if (operator === 'in') return readIn(expression, report);
  const leftIsValue = left.kind === 'literal' || left.kind === 'list';
  const rightIsValue = right.kind === 'literal' || right.kind === 'list';
  if (leftIsValue === rightIsValue) {
    return refuse(
      report,
      expression,
      rightIsValue
        ? 'One side must be a field of the event.'
        : 'A rule compares a field with a value, not with another field.',
    );
  }
  const [field, value] = leftIsValue ? [right, left] : [left, right];
  const subject = readSubject(field, report);
  if (subject === undefined || (value.kind !== 'literal' && value.kind !== 'list')) return ALWAYS;
  const direction = leftIsValue ? FLIPPED[operator] : operator;
  const expected = value.kind === 'list' ? [...value.values] : value.value;
  if (subject.of === 'length') return readLength(expression, subject.path, direction, expected, report);
  if (subject.of === 'type') return readType(expression, subject.path, direction, expected, report);
  if (direction === '=') return readEquals(value, subject, expected, report);
  if (direction === '!=') return oppositeOf(readEquals(value, subject, expected, report));
  if (typeof expected !== 'number' || subject.letters !== undefined || subject.as === 'text') {
    return refuse(report, expression, `FQL compares only numbers with ${operator}.`);
  }
  const operators = {
    '>': 'greater_than',
    '>=': 'greater_or_equal',
    '<': 'less_than',
    '<=': 'less_or_equal',
  } as const;
  return condition({
    path: subject.path,
    operator: operators[direction],
    value: expected,
    ...(subject.as === 'number' ? { as: subject.as } : {}),
  });
}

function readEquals(
  at: FqlOperand,
  subject: Subject,
  expected: FqlScalar | FqlScalar[],
  report: Report,
): Logic {
  const { path, letters, as } = subject;
  if (expected === null) return condition({ path, operator: 'not_exists' });
  if (as !== undefined && typeof expected !== (as === 'text' ? 'string' : as)) {
    return refuse(report, at, `${as === 'text' ? 'string' : as}() can only equal a ${as}.`);
  }
  if (letters === undefined)
    return condition({ path, operator: 'equals', value: expected, ...(as === undefined ? {} : { as }) });
  if (typeof expected !== 'string' || !canMeet(subject, expected)) return NEVER;
  return condition({ path, operator: 'equals', value: expected, caseInsensitive: true });
}

function readIn(expression: Extract<FqlExpression, { kind: 'comparison' }>, report: Report): Logic {
  const { left, right } = expression;
  if (left.kind === 'literal' && right.kind === 'path') {
    const subject = readSubject(right, report);
    return subject === undefined
      ? ALWAYS
      : condition({ path: `${subject.path}[]`, operator: 'equals', value: left.value });
  }
  if (right.kind !== 'list' || left.kind === 'literal' || left.kind === 'list') {
    return refuse(report, expression, 'Write field in [values], or value in field.');
  }
  const subject = readSubject(left, report);
  if (subject === undefined) return ALWAYS;
  if (subject.of !== undefined) {
    return anyOf(right.values.map((value) => readComparison(asEquals(expression, right, value), report)));
  }
  return anyOf(right.values.map((value) => readEquals(right, subject, value, report)));
}

function asEquals(
  expression: Extract<FqlExpression, { kind: 'comparison' }>,
  { at, end }: FqlOperand,
  value: FqlScalar,
): Extract<FqlExpression, { kind: 'comparison' }> {
  return { ...expression, operator: '=', right: { kind: 'literal', value, singleQuoted: false, at, end } };
}

type Direction = Exclude<FqlComparison, 'in'>;

function readLength(
  expression: FqlExpression,
  path: string,
  direction: Direction,
  expected: FqlScalar | readonly FqlScalar[],
  report: Report,
): Logic {
  if (typeof expected !== 'number' || !Number.isSafeInteger(expected) || expected < 0) {
    return refuse(report, expression, 'Compare length() with a whole number from 0.');
  }
  const operators = {
    '=': ['length_equals', 'length_not_equals'],
    '!=': ['length_not_equals', 'length_equals'],
    '>': ['length_greater_than', 'length_less_or_equal'],
    '>=': ['length_greater_or_equal', 'length_less_than'],
    '<': ['length_less_than', 'length_greater_or_equal'],
    '<=': ['length_less_or_equal', 'length_greater_than'],
  } as const;
  const [operator, opposite] = operators[direction];
  const lengthIs = (name: (typeof operators)[Direction][number]): Condition => ({
    path,
    operator: name,
    value: expected,
    unit: 'bytes',
  });
  // FQL's length of null is 0. Where 0 passes, "not the opposite" also holds where nothing is.
  if (!compare(0, direction, expected)) return condition(lengthIs(operator));
  if (direction === '=')
    return oppositeOf(condition({ path, operator: 'length_greater_than', value: 0, unit: 'bytes' }));
  return oppositeOf(condition(lengthIs(opposite)));
}

function compare(left: number, direction: Direction, right: number): boolean {
  switch (direction) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
  }
}

function readType(
  expression: FqlExpression,
  path: string,
  direction: Direction,
  expected: FqlScalar | readonly FqlScalar[],
  report: Report,
): Logic {
  const types = { string: 'text', number: 'number', bool: 'boolean', list: 'list' } as const;
  const isType = (name: unknown): name is keyof typeof types => typeof name === 'string' && name in types;
  if (direction !== '=' && direction !== '!=') {
    return refuse(report, expression, 'Compare typeof() with = or !=.');
  }
  let logic: Logic;
  if (expected === 'null') logic = condition({ path, operator: 'not_exists' });
  else if (isType(expected)) logic = condition({ path, operator: 'has_type', value: types[expected] });
  else return refuse(report, expression, 'typeof() gives "string", "number", "list", "bool" or "null".');
  return direction === '=' ? logic : oppositeOf(logic);
}

function refuse(report: Report, at: { readonly at: number; readonly end: number }, message: string): Logic {
  report(at, message);
  return ALWAYS;
}
