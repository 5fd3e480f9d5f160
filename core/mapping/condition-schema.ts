import * as z from 'zod/mini';
import { checkGlob } from './glob.ts';
import { RULE_LIMITS } from './limits.ts';
import { parsePath } from './path.ts';

// What a person may write as a condition or an event matcher: which operator takes what value and which switches, down
// to the syntax of paths and patterns, with a sentence for each problem. docs/mapping-rules.md says what they mean.

const { listLengthMax, textLengthMax, globLengthMax } = RULE_LIMITS;

/** Adds a sentence to the field itself; with several, each is reported. */
function sentence(problemOf: (text: string) => string | undefined): z.core.$ZodCheck<string> {
  return z.superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

/** A path as a person writes it. */
export const pathText = z.string({ error: 'Write the path of a field, for example properties.plan.' }).check(
  sentence((text) => {
    const parsed = parsePath(text);
    return parsed.ok ? undefined : parsed.message;
  }),
);

const text = z
  .string({ error: 'Write a text.' })
  .check(z.maxLength(textLengthMax, { error: `A text can have at most ${textLengthMax} characters.` }));

const searchedText = text.check(
  z.minLength(1, { error: 'Write at least one character: an empty text is part of every text.' }),
);

const eventName = z
  .string({ error: 'Write an event name.' })
  .check(
    z.minLength(1, { error: 'Write at least one character of the event name.' }),
    z.maxLength(textLengthMax, { error: `An event name can have at most ${textLengthMax} characters.` }),
  );

const pattern = z
  .string({ error: 'Write a pattern.' })
  .check(
    z.minLength(1, { error: 'Write a pattern: * stands for any characters, ? for one.' }),
    z.maxLength(globLengthMax, { error: `A pattern can have at most ${globLengthMax} characters.` }),
    sentence(checkGlob),
  );

// A rule is read by JSON.parse, so a larger integer has already lost digits: comparing with it would be a guess.
const numberValue = z.number({ error: 'Write a number.' }).check(
  z.refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
    error: 'A number beyond 9007199254740991 cannot be compared exactly. Let the sender send it as a string.',
  }),
);

const lengthValue = z.number({ error: 'Write a length: a whole number from 0.' }).check(
  z.refine((value) => Number.isSafeInteger(value) && value >= 0, {
    error: 'Write a length: a whole number from 0.',
  }),
);

const scalar = z.union([text, numberValue, z.boolean(), z.null()], {
  error: 'Write a text, a number, true, false or null.',
});

const list = <Entry extends z.core.$ZodType>(entry: Entry): z.ZodMiniArray<Entry> =>
  z
    .array(entry, { error: 'Write a list.' })
    .check(z.maxLength(listLengthMax, { error: `A list can have at most ${listLengthMax} entries.` }));

const listedValues = list(scalar).check(z.minLength(1, { error: 'Write at least one entry.' }));
const listedNames = list(eventName).check(z.minLength(1, { error: 'Write at least one event name.' }));

const flag = z.optional(z.boolean({ error: 'Write true or false.' }));
const base = { path: pathText, not: flag };
const as = z.optional(z.enum(['text', 'number', 'boolean'], { error: 'Write text, number or boolean.' }));
const asText = z.optional(z.literal('text', { error: 'Write text, or leave "as" out.' }));
const switches = z.superRefine(checkSwitches, { when: hasValue });

export const savedConditionSchema = z.discriminatedUnion(
  'operator',
  [
    z
      .strictObject({
        ...base,
        operator: z.enum(['equals', 'not_equals']),
        value: z.union([scalar, list(scalar)], {
          error: 'Write a text, a number, true, false, null, or a list of these.',
        }),
        caseInsensitive: flag,
        as,
      })
      .check(switches),
    z
      .strictObject({
        ...base,
        operator: z.enum(['in', 'not_in']),
        value: listedValues,
        caseInsensitive: flag,
        as,
      })
      .check(switches),
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
      value: searchedText,
      caseInsensitive: flag,
      as: asText,
    }),
    z.strictObject({
      ...base,
      operator: z.enum(['glob', 'not_glob']),
      value: pattern,
      caseInsensitive: flag,
      as: asText,
    }),
    z.strictObject({
      ...base,
      operator: z.enum(['greater_than', 'greater_or_equal', 'less_than', 'less_or_equal']),
      value: numberValue,
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
      value: lengthValue,
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

export const savedEventMatcherSchema = z.discriminatedUnion(
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
      value: eventName,
      caseInsensitive: flag,
    }),
    z.strictObject({
      operator: z.enum(['in', 'not_in']),
      value: listedNames,
      caseInsensitive: flag,
    }),
    z.strictObject({ operator: z.enum(['glob', 'not_glob']), value: pattern, caseInsensitive: flag }),
  ],
  {
    error: ({ input }) =>
      isObject(input)
        ? 'Choose an operator from the rule reference.'
        : 'Choose the events that the rule is for: an object with operator and value.',
  },
);

export type Condition = Readonly<z.infer<typeof savedConditionSchema>>;
export type Operator = Condition['operator'];
export type EventMatcher = Readonly<z.infer<typeof savedEventMatcherSchema>>;

/** Every operator of a condition, in the order of the reference. */
export const OPERATORS: readonly Operator[] = savedConditionSchema.def.options.flatMap(
  (option): readonly Operator[] => option.shape.operator.options,
);

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
