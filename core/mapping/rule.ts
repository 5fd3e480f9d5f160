import * as z from 'zod/mini';
import { parseDelta } from '../decimal.ts';
import type { JsonValue } from '../json-value.ts';
import {
  savedConditionSchema,
  savedEventMatcherSchema,
  pathText,
  type Condition,
  type EventMatcher,
} from './condition-schema.ts';
import { RULE_LIMITS } from './limits.ts';

// What a mapping rule is, and the one check that stands between a person and a saved rule. The schema is the shape: the
// types are inferred from it, the API description is generated from it, and its messages are what the dashboard shows
// beside the field. docs/mapping-rules.md says what each operator means.

const { conditionsMax, nameLengthMax, featureIdLengthMax, ruleLengthMax } = RULE_LIMITS;

const deltaPath = pathText.check(
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
  event: savedEventMatcherSchema,
  conditions: z._default(
    z.array(savedConditionSchema, { error: 'Write a list of conditions.' }).check(
      z.maxLength(conditionsMax, {
        error: `A rule can have at most ${conditionsMax} conditions. Two rules may count for one feature.`,
      }),
    ),
    [],
  ),
  delta: z.optional(deltaSourceSchema),
});

export { checkStoredRule } from './stored-rule.ts';
export type { Condition, EventMatcher };

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

/** An enabled rule as the ruleset holds it; core/mapping/stored-rule.ts reads it back. */
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
