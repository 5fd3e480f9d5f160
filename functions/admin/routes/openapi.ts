import { createRoute, z } from '@hono/zod-openapi';
import type { AdminApp } from '../dependencies.ts';
import { openApiDocument } from '../openapi-document.ts';
import { operation } from '../operations.ts';
import { errors } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

const get = createRoute({
  ...operation('getOpenApiDocument'),
  tags: ['About'],
  summary: 'This document',
  request: { query: noQuery },
  responses: {
    200: jsonAnswer('OpenAPI 3.1', z.record(z.string(), z.unknown())),
    ...errors(400),
  },
});

export function openApiRoutes(app: AdminApp): void {
  let document: Record<string, unknown> | undefined;
  app.openapi(get, (c) => c.json((document ??= openApiDocument(app)), 200));
}
