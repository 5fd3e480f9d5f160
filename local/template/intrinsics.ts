import { z } from 'zod';
import { ACCOUNT_ID, PARTITION, REGION, URL_SUFFIX } from '../local-account.ts';
import { StartError } from '../start-error.ts';

// CloudFormation's intrinsic functions, evaluated as a deployment would, with this machine as the account. An intrinsic
// that is not here is an error: guessing a value would hide a difference between here and AWS.

export interface Scope {
  /** What `Ref` and `Fn::GetAtt` (with an attribute) stand for; undefined when the template has no such thing. */
  readonly valueOf: (logicalId: string, attribute?: string) => unknown;
}

const PSEUDO_PARAMETERS = new Map<string, unknown>([
  ['AWS::Partition', PARTITION],
  ['AWS::Region', REGION],
  ['AWS::AccountId', ACCOUNT_ID],
  ['AWS::URLSuffix', URL_SUFFIX],
  ['AWS::StackName', 'tallyhook-local'],
  ['AWS::StackId', `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT_ID}:stack/tallyhook-local/local`],
]);
const NO_VALUE = Symbol('AWS::NoValue');

const joinSchema = z.tuple([z.string(), z.array(z.unknown())]);
const selectSchema = z.tuple([z.coerce.number().int().min(0), z.unknown()]);
const splitSchema = z.tuple([z.string(), z.unknown()]);
const subSchema = z.union([
  z.string().transform((text): [string, Record<string, unknown>] => [text, {}]),
  z.tuple([z.string(), z.record(z.string(), z.unknown())]),
]);
const getAttSchema = z.union([
  z.tuple([z.string(), z.string()]),
  z.string().transform((text): [string, string] => {
    const dot = text.indexOf('.');
    return [text.slice(0, dot), text.slice(dot + 1)];
  }),
]);

/** `where` names the place in the template for error messages, for example `IngestFunction`. */
export function resolveIntrinsics(value: unknown, scope: Scope, where: string): unknown {
  const resolved = resolveValue(value, scope, where);
  return resolved === NO_VALUE ? undefined : resolved;
}

function resolveValue(value: unknown, scope: Scope, where: string): unknown {
  if (Array.isArray(value)) {
    return value.map((entry) => resolveValue(entry, scope, where)).filter((entry) => entry !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (first !== undefined && entries.length === 1) {
    const name = first[0];
    const argument: unknown = first[1];
    if (name === 'Ref' || name.startsWith('Fn::')) return evaluate(name, argument, scope, where);
  }
  return Object.fromEntries(
    entries.flatMap(([key, entry]) => {
      const resolved = resolveValue(entry, scope, where);
      return resolved === NO_VALUE ? [] : [[key, resolved]];
    }),
  );
}

function evaluate(name: string, argument: unknown, scope: Scope, where: string): unknown {
  switch (name) {
    case 'Ref':
      return reference(parse(z.string(), argument, name, where), scope, where);
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = parse(getAttSchema, argument, name, where);
      return attributeOf(logicalId, attribute, scope, where);
    }
    case 'Fn::Join': {
      const [separator, parts] = parse(joinSchema, argument, name, where);
      return parts.map((part) => text(resolveValue(part, scope, where), name, where)).join(separator);
    }
    case 'Fn::Split': {
      const [separator, source] = parse(splitSchema, argument, name, where);
      return text(resolveValue(source, scope, where), name, where).split(separator);
    }
    case 'Fn::Select': {
      const [index, list] = parse(selectSchema, argument, name, where);
      const values: unknown = resolveValue(list, scope, where);
      if (!Array.isArray(values) || index >= values.length) {
        throw new StartError(`${where}: Fn::Select asks for entry ${index} of a list that does not have it.`);
      }
      const selected: unknown = values[index];
      return selected;
    }
    case 'Fn::Sub': {
      const [template, variables] = parse(subSchema, argument, name, where);
      return template.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, key: string) => {
        if (literal !== '') return `\${${key}}`;
        if (Object.hasOwn(variables, key))
          return text(resolveValue(variables[key], scope, where), name, where);
        const dot = key.indexOf('.');
        const found =
          dot < 0
            ? reference(key, scope, where)
            : attributeOf(key.slice(0, dot), key.slice(dot + 1), scope, where);
        return text(found, name, `${where} ${whole}`);
      });
    }
    default:
      throw new StartError(
        `${where}: the template uses ${name}, which the local runtime does not evaluate; add it to local/template/intrinsics.ts or avoid it in the stack.`,
      );
  }
}

function reference(logicalId: string, scope: Scope, where: string): unknown {
  if (logicalId === 'AWS::NoValue') return NO_VALUE;
  const value = PSEUDO_PARAMETERS.get(logicalId) ?? scope.valueOf(logicalId);
  if (value === undefined)
    throw new StartError(`${where}: the template refers to ${logicalId}, which it does not define.`);
  return value;
}

function attributeOf(logicalId: string, attribute: string, scope: Scope, where: string): unknown {
  const value = scope.valueOf(logicalId, attribute);
  if (value === undefined) {
    throw new StartError(
      `${where}: the template asks for ${logicalId}.${attribute}, which the local runtime does not have.`,
    );
  }
  return value;
}

function text(value: unknown, name: string, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new StartError(`${where}: ${name} needs text but gets ${JSON.stringify(value)}.`);
}

function parse<T>(schema: z.ZodType<T>, argument: unknown, name: string, where: string): T {
  const parsed = schema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new StartError(
    `${where}: ${name} is written in a form that CloudFormation does not know: ${JSON.stringify(argument)}.`,
  );
}
