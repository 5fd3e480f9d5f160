import * as z from 'zod/mini';
import { checkGlob } from './glob.ts';
import { RULE_LIMITS } from './limits.ts';
import { parsePath } from './path.ts';

// The shapes of conditions and event matchers: which operator takes what value and which switches. The same shapes are
// built twice from different leaves. What a person saves is checked down to the syntax of paths and patterns, with a
// sentence for each problem. What the store gives back was checked when it was saved and is only recognised: a later
// version with lower limits must still read it, and ten thousand rules must load quickly.

const { listLengthMax, textLengthMax, globLengthMax } = RULE_LIMITS;

interface Leaves {
  readonly path: z.ZodMiniType<string>;
  /** A text that is compared as a whole, and may be empty. */
  readonly text: z.ZodMiniType<string>;
  /** A text that is looked for in another. */
  readonly part: z.ZodMiniType<string>;
  readonly name: z.ZodMiniType<string>;
  readonly glob: z.ZodMiniType<string>;
  readonly number: z.ZodMiniType<number>;
  readonly length: z.ZodMiniType<number>;
  readonly list: <Entry extends z.ZodMiniType>(
    entry: Entry,
    min: number,
    tooFew: string,
  ) => z.ZodMiniArray<Entry>;
  /** Problems between the fields of one condition. */
  readonly switches: readonly z.core.$ZodCheck<object>[];
}

const flag = z.optional(z.boolean({ error: 'Write true or false.' }));

function buildCondition(leaves: Leaves) {
  const { path, text, part, glob, number, length, list, switches } = leaves;
  const base = { path, not: flag };
  const scalar = z.union([text, number, z.boolean(), z.null()], {
    error: 'Write a text, a number, true, false or null.',
  });
  const as = z.optional(z.enum(['text', 'number', 'boolean'], { error: 'Write text, number or boolean.' }));
  const asText = z.optional(z.literal('text', { error: 'Write text, or leave "as" out.' }));
  return z.discriminatedUnion(
    'operator',
    [
      z
        .strictObject({
          ...base,
          operator: z.enum(['equals', 'not_equals']),
          value: z.union([scalar, list(scalar, 0, '')], {
            error: 'Write a text, a number, true, false, null, or a list of these.',
          }),
          caseInsensitive: flag,
          as,
        })
        .check(...switches),
      z
        .strictObject({
          ...base,
          operator: z.enum(['in', 'not_in']),
          value: list(scalar, 1, 'Write at least one entry.'),
          caseInsensitive: flag,
          as,
        })
        .check(...switches),
      z.strictObject({
        ...base,
        operator: z.enum([
          'contains',
          'not_contains',
          'starts_with',
          'not_starts_with',
          'ends_with',
          'not_ends_with',
        ]),
        value: part,
        caseInsensitive: flag,
        as: asText,
      }),
      z.strictObject({
        ...base,
        operator: z.enum(['glob', 'not_glob']),
        value: glob,
        caseInsensitive: flag,
        as: asText,
      }),
      z.strictObject({
        ...base,
        operator: z.enum(['greater_than', 'greater_or_equal', 'less_than', 'less_or_equal']),
        value: number,
        as: z.optional(z.literal('number', { error: 'Write number, or leave "as" out.' })),
      }),
      z.strictObject({ ...base, operator: z.enum(['exists', 'not_exists']) }),
      z.strictObject({
        ...base,
        operator: z.enum(['is_true', 'is_false']),
        as: z.optional(z.literal('boolean', { error: 'Write boolean, or leave "as" out.' })),
      }),
      z.strictObject({
        ...base,
        operator: z.enum(['has_type', 'not_has_type']),
        value: z.enum(['text', 'number', 'boolean', 'list', 'object', 'null'], {
          error: 'Write text, number, boolean, list, object or null.',
        }),
      }),
      z.strictObject({
        ...base,
        operator: z.enum([
          'length_equals',
          'length_not_equals',
          'length_greater_than',
          'length_greater_or_equal',
          'length_less_than',
          'length_less_or_equal',
        ]),
        value: length,
        unit: z.optional(z.enum(['characters', 'bytes'], { error: 'Write characters or bytes.' })),
      }),
    ],
    {
      error: ({ input }) =>
        isObject(input)
          ? 'Choose an operator from the rule reference.'
          : 'Write a condition: an object with path, operator and value.',
    },
  );
}

function buildEventMatcher({ name, glob, list }: Leaves) {
  return z.discriminatedUnion(
    'operator',
    [
      z.strictObject({
        operator: z.enum([
          'equals',
          'not_equals',
          'contains',
          'not_contains',
          'starts_with',
          'not_starts_with',
          'ends_with',
          'not_ends_with',
        ]),
        value: name,
        caseInsensitive: flag,
      }),
      z.strictObject({
        operator: z.enum(['in', 'not_in']),
        value: list(name, 1, 'Write at least one event name.'),
        caseInsensitive: flag,
      }),
      z.strictObject({ operator: z.enum(['glob', 'not_glob']), value: glob, caseInsensitive: flag }),
    ],
    {
      error: ({ input }) =>
        isObject(input)
          ? 'Choose an operator from the rule reference.'
          : 'Choose the events that the rule is for: an object with operator and value.',
    },
  );
}

/** Adds a sentence to the field itself; with several, each is reported. */
function sentence(problemOf: (text: string) => string | undefined): z.core.$ZodCheck<string> {
  return z.superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

/** A path as a person writes it. */
export const savedPath = z.string({ error: 'Write the path of a field, for example properties.plan.' }).check(
  sentence((text) => {
    const parsed = parsePath(text);
    return parsed.ok ? undefined : parsed.message;
  }),
);

const text = z
  .string({ error: 'Write a text.' })
  .check(z.maxLength(textLengthMax, { error: `A text can have at most ${textLengthMax} characters.` }));

const savedLeaves: Leaves = {
  path: savedPath,
  text,
  part: text.check(
    z.minLength(1, { error: 'Write at least one character: an empty text is part of every text.' }),
  ),
  name: z
    .string({ error: 'Write an event name.' })
    .check(
      z.minLength(1, { error: 'Write at least one character of the event name.' }),
      z.maxLength(textLengthMax, { error: `An event name can have at most ${textLengthMax} characters.` }),
    ),
  glob: z
    .string({ error: 'Write a pattern.' })
    .check(
      z.minLength(1, { error: 'Write a pattern: * stands for any characters, ? for one.' }),
      z.maxLength(globLengthMax, { error: `A pattern can have at most ${globLengthMax} characters.` }),
      sentence(checkGlob),
    ),
  // A rule is read by JSON.parse, so a larger integer has already lost digits: comparing with it would be a guess.
  number: z.number({ error: 'Write a number.' }).check(
    z.refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
      error:
        'A number beyond 9007199254740991 cannot be compared exactly. Let the sender send it as a string.',
    }),
  ),
  length: z.number({ error: 'Write a length: a whole number from 0.' }).check(
    z.refine((value) => Number.isSafeInteger(value) && value >= 0, {
      error: 'Write a length: a whole number from 0.',
    }),
  ),
  list: (entry, min, tooFew) =>
    z
      .array(entry, { error: 'Write a list.' })
      .check(
        z.minLength(min, { error: tooFew }),
        z.maxLength(listLengthMax, { error: `A list can have at most ${listLengthMax} entries.` }),
      ),
  switches: [z.superRefine(checkSwitches, { when: hasValue })],
};

/** Also where something else is wrong with the condition, so that its problems come in one answer. */
function hasValue({ value }: { readonly value: unknown }): boolean {
  return typeof value === 'object' && value !== null && 'value' in value;
}

/** Called for conditions that are not yet known to be right: hence the loose type. */
function checkSwitches(
  condition: { readonly value?: unknown; readonly caseInsensitive?: unknown; readonly as?: unknown },
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void {
  const { value, caseInsensitive, as } = condition;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (caseInsensitive === true && !values.some((entry) => typeof entry === 'string')) {
    const message = 'Only a text can be compared without regard to case.';
    context.addIssue({ code: 'custom', path: ['caseInsensitive'], message });
  }
  const wanted = as === 'text' ? 'string' : as;
  if (typeof wanted === 'string' && values.some((entry) => typeof entry !== wanted)) {
    const message = `With "as": "${String(as)}" there must be a ${String(as)} to compare with.`;
    context.addIssue({ code: 'custom', path: ['as'], message });
  }
}

function isObject(input: unknown): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

const storedLeaves: Leaves = {
  path: z.string(),
  text: z.string(),
  part: z.string(),
  name: z.string(),
  glob: z.string(),
  number: z.number(),
  length: z.number(),
  list: (entry) => z.array(entry),
  switches: [],
};

export const savedConditionSchema = buildCondition(savedLeaves);
export const savedEventMatcherSchema = buildEventMatcher(savedLeaves);
export const storedConditionSchema = buildCondition(storedLeaves);
export const storedEventMatcherSchema = buildEventMatcher(storedLeaves);

export type Condition = Readonly<z.infer<typeof storedConditionSchema>>;
export type EventMatcher = Readonly<z.infer<typeof storedEventMatcherSchema>>;

/** Every operator of a condition, in the order of the reference. */
export const OPERATORS: readonly Condition['operator'][] = storedConditionSchema.def.options.flatMap(
  (option): readonly Condition['operator'][] => option.shape.operator.options,
);
