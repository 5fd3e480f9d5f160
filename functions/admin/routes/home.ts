import { createRoute } from '@hono/zod-openapi';
import type { AdminApp } from '../dependencies.ts';
import { HOME_PAGE } from '../home-page.ts';
import { operation } from '../operations.ts';

const get = createRoute({
  ...operation('showHomePage'),
  tags: ['About'],
  summary: 'A page that says what this is',
  responses: {
    200: { description: 'HTML', content: { 'text/html': { schema: { type: 'string' as const } } } },
  },
});

export function homeRoutes(app: AdminApp): void {
  app.openapi(get, (c) => c.html(HOME_PAGE, 200));
}
