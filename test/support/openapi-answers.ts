import { z } from 'zod';
import type { Admin, AdminAnswer } from './admin.ts';

// The OpenAPI document as a judge: whether an answer is one that it promises, with no field that it does not name. What it
// says about responses is read strictly, since a field that is not documented is as wrong as one that is missing.

export interface DocumentedOperation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` for each path parameter. */
  readonly path: string;
  readonly statuses: readonly number[];
  readonly scope: string;
  readonly takesBody: boolean;
  readonly query: readonly string[];
}

const schemaObject = z.record(z.string(), z.unknown());
const contentObject = z.record(z.string(), z.object({ schema: schemaObject }));
const operationObject = z.object({
  operationId: z.string(),
  'x-tallyhook-scope': z.string(),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), schema: schemaObject })).default([]),
  requestBody: z.object({ content: contentObject }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: contentObject.optional() })),
});
const documentObject = z.object({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), operationObject)),
  components: z.object({ schemas: z.record(z.string(), schemaObject) }),
});

export type ApiJudge = Awaited<ReturnType<typeof readJudge>>;

export async function readJudge(admin: Admin) {
  const { body } = await admin.call('GET', '/api/openapi.json', { key: null });
  const document = documentObject.parse(body);
  const definitions = jsonSchemas.parse(strict(document.components.schemas));
  const operations = new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [operation.operationId, { ...operation, path, method }] as const,
      ),
    ),
  );
  const validators = new Map<string, z.ZodType>();
  const validatorOf = (key: string, schema: Record<string, unknown>): z.ZodType => {
    const known =
      validators.get(key) ?? z.fromJSONSchema({ ...asObject(strict(schema)), $defs: definitions });
    validators.set(key, known);
    return known;
  };

  return {
    document,
    /** What the function `admin` answers; another one answers the providers' webhooks. */
    operations: [...operations.values()].filter(isOurs).map((operation): DocumentedOperation => ({
      id: operation.operationId,
      method: operation.method.toUpperCase(),
      path: operation.path,
      statuses: Object.keys(operation.responses).map(Number),
      scope: operation['x-tallyhook-scope'],
      takesBody: operation.requestBody !== undefined,
      query: operation.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    })),
    webhooks: [...operations.values()]
      .filter((operation) => !isOurs(operation))
      .map(({ operationId, path, method }) => ({ id: operationId, path, method: method.toUpperCase() })),
    /** What is wrong with this answer; nothing when the document promises it. */
    problemsWith(operationId: string, answer: AdminAnswer): string[] {
      const response = operations.get(operationId)?.responses[String(answer.status)];
      if (response === undefined)
        return [`${operationId} does not document the status ${String(answer.status)}`];
      const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
      if (response.content === undefined)
        return answer.text === '' ? [] : ['There is a body where none is documented'];
      const content = response.content[type];
      if (content === undefined) return [`${operationId} does not document the type ${type}`];
      const parsed = validatorOf(`${operationId} ${String(answer.status)} ${type}`, content.schema).safeParse(
        answer.body,
      );
      return parsed.success
        ? []
        : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    },
  };
}

const isOurs = (operation: { readonly 'x-tallyhook-scope': string }): boolean =>
  operation['x-tallyhook-scope'] !== 'provider';

/** References lead to `$defs`; objects have no other fields than those that are named. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((entry) => strict(entry));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) =>
    key === '$ref' && typeof value === 'string'
      ? [key, value.replace('#/components/schemas/', '#/$defs/')]
      : [key, strict(value)],
  );
  const known = asObject(Object.fromEntries(entries));
  const isPlain =
    known['type'] === 'object' && known['properties'] !== undefined && !('additionalProperties' in known);
  return isPlain ? { ...known, additionalProperties: false } : known;
}

const jsonSchemas = z.record(
  z.string(),
  z.custom<z.core.JSONSchema.JSONSchema>((value) => typeof value === 'object'),
);

const asObject = (value: unknown): Record<string, unknown> => z.record(z.string(), z.unknown()).parse(value);
