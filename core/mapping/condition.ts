import { isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts';
import { compileGlob } from './glob.ts';
import { foldCase } from './letter-case.ts';
import { parsePath, valueAt, valuesAt, type Path } from './path.ts';
import type { Condition } from './condition-schema.ts';
import { characterCount, utf8Length } from './text-length.ts';

// The meaning of every operator, in one shape. A condition looks at the values that its path leads to: none when the
// field is missing, one usually, several with `[]`. An operator asks whether SOME value passes a test. Its negation asks
// that NONE does; the negations of text and length operators ask besides that there is a value of their kind at all
// (that is how Segment's mapping triggers read them). `not` turns the whole answer round.
// docs/mapping-rules.md is the reference; each of its lines is a case in test/cases/mapping.

export interface CompiledCondition {
  readonly condition: Condition;
  readonly path: Path;
  readonly holds: (event: JsonObject) => boolean;
  /** For a path without `[]`: whether the condition holds when the path leads to this value. */
  readonly holdsFor: (value: JsonValue | undefined) => boolean;
  /** A missing value never passes. */
  readonly needsValue: boolean;
  /** Set when the condition holds exactly for certain values, so that it can be looked up instead of evaluated. */
  readonly keys?: Keys;
}

/** The condition holds when a value, read in this way, is one of these. */
export interface Keys {
  readonly reading: Reading;
  readonly values: readonly JsonValue[];
}

/** What happens to a value before it is compared. Readings with one id do the same. */
export interface Reading {
  readonly id: string;
  readonly read: (value: JsonValue | undefined) => JsonValue | undefined;
}

/** No test passes for undefined, a missing value. */
type ValueTest = (value: JsonValue | undefined) => boolean;

interface OperatorMeaning {
  readonly some: ValueTest;
  /** The operator holds when no value passes `some`. */
  readonly none?: true;
  /** With `none`: at least one value must be of this kind. */
  readonly kind?: ValueTest;
  readonly keys?: Keys;
}

/** Compiles a condition; undefined when its path cannot be read: such a condition never holds. */
export function compileCondition(condition: Condition): CompiledCondition | undefined {
  const parsed = parsePath(condition.path);
  return parsed.ok ? compileConditionAt(condition, parsed.path) : undefined;
}

/** Like `compileCondition`, where the path was parsed before. */
export function compileConditionAt(condition: Condition, path: Path): CompiledCondition {
  const meaning = meaningOf(condition);
  const turned = condition.not === true;
  const holdsFor = holdsForOne(meaning, turned);
  const holds = path.many
    ? (event: JsonObject) => holdsForMany(meaning, valuesAt(event, path)) !== turned
    : (event: JsonObject) => holdsFor(valueAt(event, path));
  const compiled = { condition, path, holds, holdsFor, needsValue: !holdsFor(undefined) };
  return meaning.keys === undefined || meaning.none === true || turned
    ? compiled
    : { ...compiled, keys: meaning.keys };
}

function holdsForOne({ some, none, kind }: OperatorMeaning, turned: boolean): CompiledCondition['holdsFor'] {
  if (none !== true) return turned ? (value) => !some(value) : some;
  if (kind === undefined) return turned ? some : (value) => !some(value);
  return (value) => (kind(value) && !some(value)) !== turned;
}

function holdsForMany({ some, none, kind }: OperatorMeaning, values: readonly JsonValue[]): boolean {
  if (none !== true) return values.some(some);
  return (kind === undefined || values.some(kind)) && !values.some(some);
}

function meaningOf(condition: Condition): OperatorMeaning {
  switch (condition.operator) {
    case 'equals':
      return equality(condition);
    case 'not_equals':
      return { ...equality(condition), none: true };
    case 'in':
      return oneOf(condition.value, condition);
    case 'not_in':
      return { ...oneOf(condition.value, condition), none: true };
    case 'is_true':
      return oneOf([true], condition);
    case 'is_false':
      return oneOf([false], condition);
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return { some: textTest(condition, TEXT_TESTS[condition.operator]) };
    case 'not_contains':
    case 'not_starts_with':
    case 'not_ends_with':
      return {
        some: textTest(condition, TEXT_TESTS[condition.operator]),
        none: true,
        kind: textKind(condition),
      };
    case 'glob':
      return { some: globTest(condition) };
    case 'not_glob':
      return { some: globTest(condition), none: true, kind: textKind(condition) };
    case 'greater_than':
    case 'greater_or_equal':
    case 'less_than':
    case 'less_or_equal':
      return { some: numberTest(condition) };
    case 'exists':
      return { some: isNotNull };
    case 'not_exists':
      return { some: isNotNull, none: true };
    case 'length_equals':
    case 'length_greater_than':
    case 'length_greater_or_equal':
    case 'length_less_than':
    case 'length_less_or_equal':
      return { some: lengthTest(condition) };
    case 'length_not_equals':
      return { some: lengthTest(condition), none: true, kind: hasLength };
    case 'has_type':
      return { some: typeTest(condition.value) };
    case 'not_has_type':
      return { some: typeTest(condition.value), none: true };
  }
}

type Of<Operators extends Condition['operator']> = Extract<Condition, { operator: Operators }>;
type Coercion = 'text' | 'number' | 'boolean';

interface Switches {
  readonly caseInsensitive?: boolean | undefined;
  readonly as?: Coercion | undefined;
}

export const AS_SENT: Reading = { id: '', read: (value) => value };

function readingOf({ caseInsensitive, as }: Switches): Reading {
  if (caseInsensitive !== true && as === undefined) return AS_SENT;
  const fold = caseInsensitive === true;
  return {
    id: `${as ?? ''}${fold ? '~' : ''}`,
    read: (value) => {
      const read = coerced(value, as);
      return fold && typeof read === 'string' ? foldCase(read) : read;
    },
  };
}

/** The value as the written coercion reads it; the value itself where it cannot be read so. */
function coerced(value: JsonValue | undefined, as: Coercion | undefined): JsonValue | undefined {
  switch (as) {
    case undefined:
      return value;
    case 'text':
      if (typeof value === 'boolean') return String(value);
      return typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
    case 'number':
      return typeof value === 'string' ? (numberIn(value) ?? value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
  }
}

/** The notation that a delta in a string may have (core/decimal.ts); `Number()` alone would also take "" and "0x10". */
const DECIMAL_NOTATION = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

function numberIn(text: string): number | undefined {
  const trimmed = text.trim();
  return DECIMAL_NOTATION.test(trimmed) ? Number(trimmed) : undefined;
}

/** The one place where equality is decided: the lookup tables of the index use the same reading and the same values. */
function oneOf(expected: readonly (string | number | boolean | null)[], switches: Switches): OperatorMeaning {
  const reading = readingOf(switches);
  const fold = switches.caseInsensitive === true;
  const values = expected.map((value) => (fold && typeof value === 'string' ? foldCase(value) : value));
  const keys: Keys = { reading, values };
  const [only] = values;
  if (values.length === 1 && only !== undefined) {
    if (reading === AS_SENT) return { some: (value) => value === only, keys };
    return { some: (value) => reading.read(value) === only, keys };
  }
  const members = new Set<JsonValue | undefined>(values);
  return { some: (value) => members.has(reading.read(value)), keys };
}

/** A list equals a list of the same length whose elements are equal one by one. */
function equality(condition: Of<'equals' | 'not_equals'>): OperatorMeaning {
  const { value: expected } = condition;
  if (!Array.isArray(expected)) return oneOf([expected], condition);
  const tests = expected.map((entry) => oneOf([entry], condition).some);
  return {
    some: (value) =>
      Array.isArray(value) &&
      value.length === tests.length &&
      value.every((element, at) => tests[at]?.(element) === true),
  };
}

// These run for most events of a name, so that each is one function that does one thing; a shared comparison passed in
// as an argument takes twice as long.
const startsWith =
  (part: string): ValueTest =>
  (value) =>
    typeof value === 'string' && value.startsWith(part);
const endsWith =
  (part: string): ValueTest =>
  (value) =>
    typeof value === 'string' && value.endsWith(part);
const contains =
  (part: string): ValueTest =>
  (value) =>
    typeof value === 'string' && value.includes(part);

const TEXT_TESTS = {
  contains,
  not_contains: contains,
  starts_with: startsWith,
  not_starts_with: startsWith,
  ends_with: endsWith,
  not_ends_with: endsWith,
} as const;

function textTest(
  condition: Switches & { readonly value: string },
  testFor: (part: string) => ValueTest,
): ValueTest {
  const reading = readingOf(condition);
  if (reading === AS_SENT) return testFor(condition.value);
  const test = testFor(condition.caseInsensitive === true ? foldCase(condition.value) : condition.value);
  return (value) => test(reading.read(value));
}

function textKind({ as }: Switches): ValueTest {
  return (value) => typeof coerced(value, as) === 'string';
}

function globTest(condition: Of<'glob' | 'not_glob'>): ValueTest {
  const matches = compileGlob(condition.value, condition.caseInsensitive === true);
  const { as } = condition;
  return (value) => {
    const text = coerced(value, as);
    return typeof text === 'string' && matches(text);
  };
}

type Comparison = 'equals' | 'greater_than' | 'greater_or_equal' | 'less_than' | 'less_or_equal';

const NUMBER_TESTS: Readonly<Record<Comparison, (bound: number) => ValueTest>> = {
  equals: (bound) => (value) => value === bound,
  greater_than: (bound) => (value) => typeof value === 'number' && value > bound,
  greater_or_equal: (bound) => (value) => typeof value === 'number' && value >= bound,
  less_than: (bound) => (value) => typeof value === 'number' && value < bound,
  less_or_equal: (bound) => (value) => typeof value === 'number' && value <= bound,
};

function numberTest(condition: Of<Exclude<Comparison, 'equals'>>): ValueTest {
  const { as } = condition;
  const test = NUMBER_TESTS[condition.operator](condition.value);
  return as === undefined ? test : (value) => test(coerced(value, as));
}

function isNotNull(value: JsonValue | undefined): boolean {
  return value !== null && value !== undefined;
}

const LENGTH_COMPARISON = {
  length_equals: 'equals',
  length_not_equals: 'equals',
  length_greater_than: 'greater_than',
  length_greater_or_equal: 'greater_or_equal',
  length_less_than: 'less_than',
  length_less_or_equal: 'less_or_equal',
} as const;

function lengthTest(condition: Of<keyof typeof LENGTH_COMPARISON>): ValueTest {
  const test = NUMBER_TESTS[LENGTH_COMPARISON[condition.operator]](condition.value);
  const textLength = condition.unit === 'bytes' ? utf8Length : characterCount;
  return (value) => {
    if (typeof value === 'string') return test(textLength(value));
    return Array.isArray(value) && test(value.length);
  };
}

function hasLength(value: JsonValue | undefined): boolean {
  return typeof value === 'string' || Array.isArray(value);
}

function typeTest(type: Of<'has_type' | 'not_has_type'>['value']): ValueTest {
  switch (type) {
    case 'text':
      return (value) => typeof value === 'string';
    case 'number':
      return (value) => typeof value === 'number';
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'list':
      return (value) => Array.isArray(value);
    case 'object':
      return isJsonObject;
    case 'null':
      return (value) => value === null;
  }
}
