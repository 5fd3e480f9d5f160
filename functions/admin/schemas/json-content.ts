import type { z } from '@hono/zod-openapi';

/** A response that carries JSON, for the `responses` of a route. */
export const jsonAnswer = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A request body of JSON, for the `request` of a route. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
});
