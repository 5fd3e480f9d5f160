import { createRoute } from '@hono/zod-openapi';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { connectionSchema } from '../schemas/connection.ts';
import { errors } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

const get = createRoute({
  ...operation('getConnection'),
  tags: ['About'],
  summary: 'Where events are sent to',
  request: { query: noQuery },
  responses: {
    200: jsonAnswer('The addresses of this deployment', connectionSchema),
    ...errors(400, 401, 403, 503),
  },
});

export function connectionRoutes(app: AdminApp, { ingestUrl }: AdminDependencies): void {
  app.openapi(get, (c) =>
    c.json({ webhookUrl: `${ingestUrl}segment`, trackingApiUrl: `${ingestUrl}v1` }, 200),
  );
}
