import { z } from 'zod';

// The filter criteria of an event-source mapping (Lambda's event filtering, a subset of EventBridge patterns): a JSON
// object shaped like the record, whose leaves are arrays of alternatives. All named fields must match; a field with an
// array value matches when one of its elements does. An operator that is not below is an error, never a silent match.

export type FilterPattern = (record: unknown) => boolean;

type LeafTest = (value: unknown) => boolean;

const operatorSchema = z.union([
  z.strictObject({ exists: z.boolean() }),
  z.strictObject({ prefix: z.string() }),
  z.strictObject({ suffix: z.string() }),
  z.strictObject({ 'equals-ignore-case': z.string() }),
  z.strictObject({
    'anything-but': z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))]),
  }),
]);

/** Throws an Error with a sentence when the pattern is not valid or not known here. */
export function parseFilterPattern(json: string): FilterPattern {
  let pattern: unknown;
  try {
    pattern = JSON.parse(json);
  } catch {
    throw new Error(`the filter pattern ${json} is not JSON`);
  }
  return compileObject(pattern, '');
}

function compileObject(pattern: unknown, path: string): FilterPattern {
  const fields = z.record(z.string(), z.unknown()).safeParse(pattern);
  if (!fields.success)
    throw new Error(`the filter pattern needs an object or an array of alternatives at "${path}"`);
  const tests = Object.entries(fields.data).map(([name, inner]): FilterPattern => {
    if (name === '$or') throw new Error('the filter pattern uses "$or", which is not known here');
    const test = Array.isArray(inner)
      ? compileLeaf(inner, `${path}.${name}`)
      : compileObject(inner, `${path}.${name}`);
    return (record) => test(fieldOf(record, name));
  });
  return (record) => tests.every((test) => test(record));
}

function compileLeaf(alternatives: readonly unknown[], path: string): FilterPattern {
  const tests = alternatives.map((alternative) => compileAlternative(alternative, path));
  return (value) => {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    return tests.some((test) => values.some(test));
  };
}

function compileAlternative(alternative: unknown, path: string): LeafTest {
  if (typeof alternative !== 'object' || alternative === null) return (value) => value === alternative;
  const parsed = operatorSchema.safeParse(alternative);
  if (!parsed.success) {
    throw new Error(
      `the filter pattern uses ${JSON.stringify(alternative)} at "${path}", which is not known here`,
    );
  }
  const operator = parsed.data;
  if ('exists' in operator) return (value) => (value !== undefined) === operator.exists;
  if ('prefix' in operator) return (value) => typeof value === 'string' && value.startsWith(operator.prefix);
  if ('suffix' in operator) return (value) => typeof value === 'string' && value.endsWith(operator.suffix);
  if ('equals-ignore-case' in operator) {
    const wanted = operator['equals-ignore-case'].toLowerCase();
    return (value) => typeof value === 'string' && value.toLowerCase() === wanted;
  }
  const but = operator['anything-but'];
  const refused: readonly unknown[] = Array.isArray(but) ? but : [but];
  return (value) => value !== undefined && !refused.includes(value);
}

function fieldOf(record: unknown, name: string): unknown {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, name)) return undefined;
  return Object.entries(record).find(([key]) => key === name)?.[1];
}
