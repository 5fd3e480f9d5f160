import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { parseJson, type JsonObject, type JsonValue } from '../../core/json-value.ts';

// The shapes of the case files under test/cases/mapping, which say what every part of the rule language means. They are
// read by the tests of the engine and by the test that compares docs/mapping-rules.md with them.

/** JSON as JSON.parse made it. A schema that copied it would lose an own `__proto__`, which is one of the cases. */
export const jsonValue = z.custom<JsonValue>((value) => value !== undefined);
export const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

const rowSchema = z.strictObject({
  /** What the condition has besides path and operator. */
  rule: jsonObject,
  /** The value in the event; absent together with foundText: the field is missing. */
  found: z.optional(jsonValue),
  /** The same as JSON text, where a JSON parser would lose how it was written. */
  foundText: z.optional(z.string()),
  /** The operators of the table that hold; all others do not. */
  holds: z.array(z.string()),
});

const tableSchema = z.strictObject({
  name: z.string(),
  operators: z.array(z.string()),
  /** Where the condition looks; properties.x unless given. */
  path: z.optional(z.string()),
  /** The property that `found` is put under; x unless given. */
  place: z.optional(z.string()),
  /** Added to every condition of the table. */
  switches: z.optional(jsonObject),
  /** The value for an operator that cannot take the row's; null for one that takes none. */
  values: z.optional(jsonObject),
  rows: z.array(rowSchema),
});

export type CaseTable = z.infer<typeof tableSchema>;
export type CaseRow = z.infer<typeof rowSchema>;

const DEFAULT_PATH = 'properties.x';
const DEFAULT_PLACE = 'x';

export const TABLE_FILES = [
  'equals',
  'in',
  'contains',
  'starts-with',
  'ends-with',
  'glob',
  'compare',
  'exists',
  'length',
  'case-insensitive',
  'as',
  'not',
  'elements',
] as const;

export function readCases(file: string): JsonValue {
  return parsed(readFileSync(join(import.meta.dirname, 'mapping', `${file}.json`), 'utf8'));
}

function parsed(text: string): JsonValue {
  const result = parseJson(text);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

export function readTables(file: string): CaseTable[] {
  return z.parse(z.strictObject({ tables: z.array(tableSchema) }), readCases(file)).tables;
}

/** The condition of a row, as a rule body would have it. */
export function conditionOf(table: CaseTable, row: CaseRow, operator: string): JsonObject {
  const condition: JsonObject = {
    path: table.path ?? DEFAULT_PATH,
    operator,
    ...row.rule,
    ...(table.switches ?? {}),
  };
  const value = table.values?.[operator];
  if (value === null) delete condition['value'];
  else if (value !== undefined) condition['value'] = value;
  return condition;
}

/** The event of a row: what was found, under the table's property. */
export function eventOf(table: CaseTable, row: CaseRow, name = 'Case'): JsonObject {
  const found = foundIn(row);
  const properties: JsonObject = found === undefined ? {} : { [table.place ?? DEFAULT_PLACE]: found };
  return { type: 'track', event: name, userId: 'u1', properties };
}

export function foundIn(row: CaseRow): JsonValue | undefined {
  return row.foundText === undefined ? row.found : parsed(row.foundText);
}

export type FoundKind = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'null' | 'missing';

export function kindOf(found: JsonValue | undefined): FoundKind {
  if (found === undefined) return 'missing';
  if (found === null) return 'null';
  if (Array.isArray(found)) return 'list';
  if (typeof found === 'string') return 'text';
  if (typeof found === 'number') return 'number';
  return typeof found === 'boolean' ? 'boolean' : 'object';
}
