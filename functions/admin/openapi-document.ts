import * as z from 'zod/mini';
import { savedConditionSchema, savedEventMatcherSchema } from '../../core/mapping/condition-schema.ts';
import { deltaSourceSchema, ruleBodySchema } from '../../core/mapping/rule.ts';
import type { AdminApp } from './dependencies.ts';
import { CSRF_SECURITY, KEY_SECURITY, SESSION_SECURITY } from './operations.ts';
import { registerWebhookPaths } from './webhook-paths.ts';

// The OpenAPI document, generated from the routes and their schemas. The shape of a rule comes from the schema that the
// core checks rules with: what is documented and what is accepted are one thing.

export function openApiDocument(app: AdminApp): Record<string, unknown> {
  app.openAPIRegistry.registerComponent('securitySchemes', KEY_SECURITY, {
    type: 'http',
    scheme: 'bearer',
    description:
      'The admin key of the deployment, or an API key with the scope read or admin (x-tallyhook-scope says which).',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', SESSION_SECURITY, {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-tallyhook-session',
    description:
      'What POST /api/session sets. Over plain HTTP, which is the local runtime, without `__Host-`.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', CSRF_SECURITY, {
    type: 'apiKey',
    in: 'header',
    name: 'X-CSRF-Token',
    description: 'The csrfToken of the session.',
  });
  registerWebhookPaths(app);
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Tallyhook',
      version: '1',
      description:
        'Features, mapping rules and usage. All times are ISO 8601 in UTC, sums are exact decimals as strings, lists are paged with `cursor`, and every error is {code, message, details?}.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
  });
  const { schemas } = document.components ?? {};
  return {
    ...document,
    components: { ...document.components, schemas: { ...schemas, ...ruleSchemas(schemas) } },
  };
}

/** The parts of a rule under their names, with the examples of the routes' own schemas. */
function ruleSchemas(described: Readonly<Record<string, object>> = {}): Record<string, unknown> {
  const change = z.extend(z.partial(ruleBodySchema), {
    name: z.optional(z.nullable(ruleBodySchema.shape.name)),
    // A field that is left out of a change stays as it is: it has no default.
    enabled: z.optional(ruleBodySchema.shape.enabled.def.innerType),
    conditions: z.optional(ruleBodySchema.shape.conditions.def.innerType),
    delta: z.optional(z.nullable(deltaSourceSchema)),
    version: z.optional(z.number().check(z.int(), z.minimum(1))),
  });
  const named = {
    RuleBody: ruleBodySchema,
    RulePreviewBody: z.extend(ruleBodySchema, { ruleId: z.optional(z.string()) }),
    RuleChange: change,
    EventMatcher: savedEventMatcherSchema,
    Condition: savedConditionSchema,
    DeltaSource: deltaSourceSchema,
  };
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: 'any',
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => {
      const known = described[id] ?? {};
      return [id, { ...schema, ...('example' in known && { example: known.example }) }];
    }),
  );
}
