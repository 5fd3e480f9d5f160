import type { Context } from 'hono';
import type { DashboardFiles, StoredFile } from '../dashboard-files.ts';
import type { AdminApp, AdminEnv } from '../dependencies.ts';

// The dashboard's files. They hold nothing but the program, so nobody needs a key to load them; every figure that they show
// comes from the API. Asked before the API's guard, which knows only routes of the API.

export function dashboardRoutes(app: AdminApp, files: DashboardFiles): void {
  // Every address below /app is a view of the one page, which reads the address itself.
  app.on('GET', ['/', '/app', '/app/*'], async (c, next) => {
    const file = await files.page(c.req.header('accept-encoding') ?? '');
    // Asked for again each time, because it names the assets of the deployed version.
    if (file !== undefined) return answer(c, file, 'no-cache');
    await next();
    return undefined;
  });
  app.get('/assets/:name', async (c, next) => {
    const file = await files.asset(c.req.param('name'), c.req.header('accept-encoding') ?? '');
    if (file !== undefined) return answer(c, file, 'public, max-age=31536000, immutable');
    await next();
    return undefined;
  });
}

function answer(c: Context<AdminEnv>, file: StoredFile, cacheControl: string): Response {
  return c.body(file.body, 200, {
    'content-type': file.contentType,
    'cache-control': cacheControl,
    vary: 'accept-encoding',
    ...(file.encoding !== undefined && { 'content-encoding': file.encoding }),
  });
}
