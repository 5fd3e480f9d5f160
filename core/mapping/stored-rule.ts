import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../json-value.ts';
import { OPERATORS, type Condition, type EventMatcher, type Operator } from './condition-schema.ts';
import type { DeltaSource, MappingRule } from './rule.ts';

// Reads rules back from the stored ruleset. They were checked when they were saved, so here they are only recognised:
// a version with lower limits must still read what an earlier one saved, and ten thousand rules must load in
// milliseconds, which a schema does not do. What is not recognised, like a switch of a later version, is refused and
// never ignored: without it the rule would mean something else.

type Check = (value: JsonValue) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isFlag: Check = (value) => typeof value === 'boolean';
const isScalar: Check = (value) => value === null || typeof value !== 'object';
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isOneOf =
  (...choices: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && choices.includes(value);

/** The fields of a condition besides path, operator and not. All but `value` may be missing. */
type Fields = Readonly<Record<string, Check>>;

const EQUALITY_SWITCHES = { caseInsensitive: isFlag, as: isOneOf('text', 'number', 'boolean') };
const IS_SCALAR_LIST = isListOf(isScalar);
const EQUALITY: Fields = {
  value: (value) => isScalar(value) || IS_SCALAR_LIST(value),
  ...EQUALITY_SWITCHES,
};
const MEMBERSHIP: Fields = { value: IS_SCALAR_LIST, ...EQUALITY_SWITCHES };
const TEXT: Fields = { value: isText, caseInsensitive: isFlag, as: isOneOf('text') };
const COMPARISON: Fields = { value: isNumber, as: isOneOf('number') };
const PRESENCE: Fields = {};
const TRUTH: Fields = { as: isOneOf('boolean') };
const TYPE: Fields = { value: isOneOf('text', 'number', 'boolean', 'list', 'object', 'null') };
const LENGTH: Fields = { value: isNumber, unit: isOneOf('characters', 'bytes') };

const FIELDS: Readonly<Record<Operator, Fields>> = {
  equals: EQUALITY,
  not_equals: EQUALITY,
  in: MEMBERSHIP,
  not_in: MEMBERSHIP,
  contains: TEXT,
  not_contains: TEXT,
  starts_with: TEXT,
  not_starts_with: TEXT,
  ends_with: TEXT,
  not_ends_with: TEXT,
  glob: TEXT,
  not_glob: TEXT,
  greater_than: COMPARISON,
  greater_or_equal: COMPARISON,
  less_than: COMPARISON,
  less_or_equal: COMPARISON,
  exists: PRESENCE,
  not_exists: PRESENCE,
  is_true: TRUTH,
  is_false: TRUTH,
  has_type: TYPE,
  not_has_type: TYPE,
  length_equals: LENGTH,
  length_not_equals: LENGTH,
  length_greater_than: LENGTH,
  length_greater_or_equal: LENGTH,
  length_less_than: LENGTH,
  length_less_or_equal: LENGTH,
};

const fieldsOfOperator = new Map<JsonValue, Fields>(
  OPERATORS.map((operator) => [
    operator,
    { ...FIELDS[operator], path: isText, operator: isText, not: isFlag },
  ]),
);

const NAME: Fields = { operator: isText, value: isText, caseInsensitive: isFlag };
const NAMES: Fields = { operator: isText, value: isListOf(isText), caseInsensitive: isFlag };

const fieldsOfMatcher = new Map<JsonValue, Fields>([
  ...['equals', 'not_equals', 'contains', 'not_contains', 'glob', 'not_glob'].map((name) =>
    entry(name, NAME),
  ),
  ...['starts_with', 'not_starts_with', 'ends_with', 'not_ends_with'].map((name) => entry(name, NAME)),
  ...['in', 'not_in'].map((name) => entry(name, NAMES)),
]);

function entry(operator: string, fields: Fields): [JsonValue, Fields] {
  return [operator, fields];
}

function fits(object: JsonObject, fields: Fields): boolean {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const check = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (value === undefined || check?.(value) !== true) return false;
  }
  return !Object.hasOwn(fields, 'value') || Object.hasOwn(object, 'value');
}

function isCondition(value: JsonValue): value is Condition & JsonValue {
  if (!isJsonObject(value) || typeof ownValue(value, 'path') !== 'string') return false;
  const fields = fieldsOfOperator.get(ownValue(value, 'operator') ?? null);
  return fields !== undefined && fits(value, fields);
}

function isEventMatcher(value: JsonValue | undefined): value is EventMatcher & JsonValue {
  if (!isJsonObject(value)) return false;
  const fields = fieldsOfMatcher.get(ownValue(value, 'operator') ?? null);
  return fields !== undefined && fits(value, fields);
}

function readDelta(value: JsonValue): DeltaSource | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 1) return undefined;
  const path = ownValue(value, 'path');
  if (typeof path === 'string') return { path };
  const constant = ownValue(value, 'value');
  return typeof constant === 'string' ? { value: constant } : undefined;
}

/** Reads a rule of the stored ruleset; undefined when this version cannot read it. Fields that decide nothing are left out. */
export function checkStoredRule(input: JsonValue): MappingRule | undefined {
  if (!isJsonObject(input)) return undefined;
  const id = ownValue(input, 'id');
  const version = ownValue(input, 'version');
  const featureId = ownValue(input, 'featureId');
  const event = ownValue(input, 'event');
  const conditions = ownValue(input, 'conditions');
  const createdAt = ownValue(input, 'createdAt');
  const generation = ownValue(input, 'generation');
  if (
    typeof id !== 'string' ||
    typeof version !== 'number' ||
    typeof featureId !== 'string' ||
    typeof createdAt !== 'number' ||
    typeof generation !== 'number' ||
    !isEventMatcher(event) ||
    !Array.isArray(conditions) ||
    !conditions.every(isCondition)
  ) {
    return undefined;
  }
  const rule = { id, version, featureId, event, conditions, createdAt, generation };
  const source = ownValue(input, 'delta');
  if (source === undefined) return rule;
  const delta = readDelta(source);
  return delta === undefined ? undefined : { ...rule, delta };
}
