import * as z from 'zod/mini';
import { parseDelta } from '../decimal.ts';
import type { JsonValue } from '../json-value.ts';
import { checkGlob } from './glob.ts';
import { RULE_LIMITS } from './limits.ts';
import { parsePath } from './path.ts';

// What a mapping rule is, and the one check that stands between a person and a saved rule. The schema is the shape: the
// types are inferred from it, the API description is generated from it, and its messages are what the dashboard shows
// beside the field. docs/mapping-rules.md says what each operator means.

const {
  listLengthMax,
  textLengthMax,
  conditionsMax,
  nameLengthMax,
  featureIdLengthMax,
  globLengthMax,
  ruleLengthMax,
} = RULE_LIMITS;

const textValue = z
  .string({ error: 'Write a text.' })
  .check(z.maxLength(textLengthMax, { error: `A text can have at most ${textLengthMax} characters.` }));

const searchedText = textValue.check(
  z.minLength(1, { error: 'Write at least one character: an empty text is part of every text.' }),
);

const glob = z.string({ error: 'Write a pattern.' }).check(
  z.minLength(1, { error: 'Write a pattern: * stands for any characters, ? for one.' }),
  z.maxLength(globLengthMax, { error: `A pattern can have at most ${globLengthMax} characters.` }),
  z.superRefine((text, context) => {
    const message = checkGlob(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }),
);

// A rule is read by JSON.parse, so a larger integer has already lost digits: comparing with it would be a guess.
const numberValue = z.number({ error: 'Write a number.' }).check(
  z.refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
    error: 'A number beyond 9007199254740991 cannot be compared exactly. Let the sender send it as a string.',
  }),
);

const scalar = z.union([textValue, numberValue, z.boolean(), z.null()], {
  error: 'Write a text, a number, true, false or null.',
});

const list = <Element extends z.core.$ZodType>(element: Element) =>
  z
    .array(element, { error: 'Write a list.' })
    .check(z.maxLength(listLengthMax, { error: `A list can have at most ${listLengthMax} entries.` }));

const listedValues = list(scalar).check(z.minLength(1, { error: 'Write at least one entry.' }));
const listedNames = list(searchedText).check(z.minLength(1, { error: 'Write at least one event name.' }));

const path = z.string({ error: 'Write the path of a field, for example properties.plan.' }).check(
  z.superRefine((text, context) => {
    const parsed = parsePath(text);
    if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.message });
  }),
);

const flag = z.optional(z.boolean({ error: 'Write true or false.' }));
const base = { path, not: flag };

const equality = z
  .strictObject({
    ...base,
    operator: z.enum(['equals', 'not_equals']),
    value: z.union([scalar, list(scalar)], {
      error: 'Write a text, a number, true, false, null, or a list of these.',
    }),
    caseInsensitive: flag,
    as: z.optional(z.enum(['text', 'number', 'boolean'], { error: 'Write text, number or boolean.' })),
  })
  .check(z.superRefine(checkSwitches, { when: hasValue }));

const membership = z
  .strictObject({
    ...base,
    operator: z.enum(['in', 'not_in']),
    value: listedValues,
    caseInsensitive: flag,
    as: z.optional(z.enum(['text', 'number', 'boolean'], { error: 'Write text, number or boolean.' })),
  })
  .check(z.superRefine(checkSwitches, { when: hasValue }));

const asText = z.optional(z.literal('text', { error: 'Write text, or leave "as" out.' }));

const textSearch = z.strictObject({
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
});

const globMatch = z.strictObject({
  ...base,
  operator: z.enum(['glob', 'not_glob']),
  value: glob,
  caseInsensitive: flag,
  as: asText,
});

const comparison = z.strictObject({
  ...base,
  operator: z.enum(['greater_than', 'greater_or_equal', 'less_than', 'less_or_equal']),
  value: numberValue,
  as: z.optional(z.literal('number', { error: 'Write number, or leave "as" out.' })),
});

const presence = z.strictObject({ ...base, operator: z.enum(['exists', 'not_exists']) });

const truth = z.strictObject({
  ...base,
  operator: z.enum(['is_true', 'is_false']),
  as: z.optional(z.literal('boolean', { error: 'Write boolean, or leave "as" out.' })),
});

const length = z.strictObject({
  ...base,
  operator: z.enum([
    'length_equals',
    'length_not_equals',
    'length_greater_than',
    'length_greater_or_equal',
    'length_less_than',
    'length_less_or_equal',
  ]),
  value: z.number({ error: 'Write a length: a whole number from 0.' }).check(
    z.refine((value) => Number.isSafeInteger(value) && value >= 0, {
      error: 'Write a length: a whole number from 0.',
    }),
  ),
  unit: z.optional(z.enum(['characters', 'bytes'], { error: 'Write characters or bytes.' })),
});

const typeCheck = z.strictObject({
  ...base,
  operator: z.enum(['has_type', 'not_has_type']),
  value: z.enum(['text', 'number', 'boolean', 'list', 'object', 'null'], {
    error: 'Write text, number, boolean, list, object or null.',
  }),
});

export const conditionSchema = z.discriminatedUnion(
  'operator',
  [equality, membership, textSearch, globMatch, comparison, presence, truth, length, typeCheck],
  { error: unknownOperator },
);

export const eventMatcherSchema = z.discriminatedUnion(
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
      value: searchedText,
      caseInsensitive: flag,
    }),
    z.strictObject({ operator: z.enum(['in', 'not_in']), value: listedNames, caseInsensitive: flag }),
    z.strictObject({ operator: z.enum(['glob', 'not_glob']), value: glob, caseInsensitive: flag }),
  ],
  { error: unknownOperator },
);

const deltaPath = path.check(
  z.refine((text) => !text.includes('[]'), {
    error: 'A delta is one number: name one element, like [0], instead of [].',
  }),
);

const deltaNumber = z.union([z.string(), z.number()], { error: 'Write a number.' }).check(
  z.superRefine((value, context) => {
    const parsed = parseDelta(value);
    if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.why });
  }),
);

export const deltaSourceSchema = z.union(
  [z.strictObject({ path: deltaPath }), z.strictObject({ value: deltaNumber })],
  {
    error:
      'Write {"path": …} to read the delta from the event, {"value": …} for a constant, or leave it out.',
  },
);

/** The body that creates or replaces a rule, as the API takes it. */
export const ruleBodySchema = z.strictObject({
  name: z.optional(
    z
      .string({ error: 'Write a text.' })
      .check(
        z.minLength(1, { error: 'Write a name, or leave it out.' }),
        z.maxLength(nameLengthMax, { error: `A name can have at most ${nameLengthMax} characters.` }),
      ),
  ),
  enabled: z._default(z.boolean({ error: 'Write true or false.' }), true),
  featureId: z.string({ error: 'Choose the feature that matching events count for.' }).check(
    z.minLength(1, { error: 'Choose the feature that matching events count for.' }),
    z.maxLength(featureIdLengthMax, {
      error: `A featureId can have at most ${featureIdLengthMax} characters.`,
    }),
  ),
  event: eventMatcherSchema,
  conditions: z._default(
    z.array(conditionSchema, { error: 'Write a list of conditions.' }).check(
      z.maxLength(conditionsMax, {
        error: `A rule can have at most ${conditionsMax} conditions. Two rules may count for one feature.`,
      }),
    ),
    [],
  ),
  delta: z.optional(deltaSourceSchema),
});

export type Condition = Readonly<z.infer<typeof conditionSchema>>;
export type Operator = Condition['operator'];
export type EventMatcher = Readonly<z.infer<typeof eventMatcherSchema>>;

/** Where the delta comes from: a path in the event, or a constant as a canonical decimal string. */
export type DeltaSource = { readonly path: string } | { readonly value: string };

export interface RuleBody {
  name?: string;
  enabled: boolean;
  featureId: string;
  event: EventMatcher;
  conditions: Condition[];
  delta?: DeltaSource;
}

/** An enabled rule as the ruleset holds it. */
export interface MappingRule {
  readonly id: string;
  readonly version: number;
  readonly featureId: string;
  readonly event: EventMatcher;
  readonly conditions: readonly Condition[];
  readonly delta?: DeltaSource;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** The ruleset generation that last let this rule match more. */
  readonly generation: number;
}

export interface RuleProblem {
  /** The field, like `conditions[2].value`; empty for the rule as a whole. */
  readonly path: string;
  readonly message: string;
}

export type CheckedRuleBody =
  | { readonly ok: true; readonly body: RuleBody }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

/** Checks a rule as a person or a program wrote it. All problems are reported, each with its field. */
export function checkRuleBody(input: JsonValue): CheckedRuleBody {
  const parsed = z.safeParse(ruleBodySchema, input, { error: sentenceFor });
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error.issues) };
  const { name, enabled, featureId, event, conditions, delta } = parsed.data;
  if (JSON.stringify(parsed.data).length > ruleLengthMax) {
    return {
      ok: false,
      problems: [
        {
          path: '',
          message: `A rule can have at most ${ruleLengthMax} characters as JSON. Split its lists.`,
        },
      ],
    };
  }
  return {
    ok: true,
    body: {
      ...(name === undefined ? {} : { name }),
      enabled,
      featureId,
      event,
      conditions,
      ...(delta === undefined ? {} : { delta: canonicalDelta(delta) }),
    },
  };
}

function canonicalDelta(delta: z.infer<typeof deltaSourceSchema>): DeltaSource {
  if ('path' in delta) return { path: delta.path };
  const parsed = parseDelta(delta.value);
  return { value: parsed.ok ? parsed.value : String(delta.value) };
}

const storedRuleSchema = z.object({
  id: z.string(),
  version: z.number(),
  featureId: z.string(),
  event: eventMatcherSchema,
  conditions: z.array(conditionSchema),
  delta: z.optional(deltaSourceSchema),
  createdAt: z.number(),
  generation: z.number(),
});

/** Reads a rule back from the stored ruleset; undefined when this version cannot read it. */
export function checkStoredRule(input: JsonValue): MappingRule | undefined {
  const parsed = z.safeParse(storedRuleSchema, input);
  if (!parsed.success) return undefined;
  const { delta, ...rule } = parsed.data;
  return delta === undefined ? rule : { ...rule, delta: canonicalDelta(delta) };
}

function hasValue(payload: { readonly value: unknown }): boolean {
  return typeof payload.value === 'object' && payload.value !== null && 'value' in payload.value;
}

/**
 * Runs on every condition that has a value, whatever else is wrong with it, so that its problems come in one answer.
 * Hence the loose type.
 */
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

function unknownOperator(issue: { readonly input?: unknown }): string {
  const { input } = issue;
  return typeof input === 'object' && input !== null && !Array.isArray(input)
    ? 'Choose an operator from the rule reference.'
    : 'Write an object with an operator.';
}

/** Sentences for what no schema above words itself. */
function sentenceFor(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === 'invalid_type' ? 'Write a JSON object with the fields of a rule.' : undefined;
}

function problemsOf(issues: readonly z.core.$ZodIssue[]): RuleProblem[] {
  return issues.flatMap((issue): RuleProblem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: fieldPath([...issue.path, key]),
        message: 'There is no such field here.',
      }));
    }
    return [{ path: fieldPath(issue.path), message: issue.message }];
  });
}

function fieldPath(keys: readonly PropertyKey[]): string {
  let text = '';
  for (const key of keys)
    text += typeof key === 'number' ? `[${key}]` : (text === '' ? '' : '.') + String(key);
  return text;
}
