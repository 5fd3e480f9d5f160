import { OpenAPIHono } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { InvalidCursorError } from '../../adapters/cursor.ts';
import { isPermanent } from '../../adapters/failure-kind.ts';
import { logError, logWarning } from '../log.ts';
import { ApiError, toErrorResponse } from './api-error.ts';
import type { AdminApp, AdminDependencies, AdminEnv } from './dependencies.ts';
import { guard } from './guard.ts';
import { oncePerKey } from './idempotency.ts';
import { findOperation } from './operations.ts';
import { toInvalidRequest } from './problems.ts';
import { sealedCursors } from './sealed-cursors.ts';
import { arrivalRoutes } from './routes/arrivals.ts';
import { connectionRoutes } from './routes/connection.ts';
import { dashboardRoutes } from './routes/dashboard.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { eventRoutes } from './routes/events.ts';
import { explainRoutes } from './routes/explain.ts';
import { featureRoutes } from './routes/features.ts';
import { feedRoutes } from './routes/feed.ts';
import { importRoutes } from './routes/imports.ts';
import { keyRoutes } from './routes/keys.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { overviewRoutes } from './routes/overview.ts';
import { providerImportRoutes } from './routes/provider-imports.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { reprocessingRoutes } from './routes/reprocessing.ts';
import { ruleImportRoutes } from './routes/rule-import.ts';
import { ruleImpactRoutes } from './routes/rule-impact.ts';
import { rulePreviewRoutes } from './routes/rule-preview.ts';
import { ruleRoutes } from './routes/rules.ts';
import { settingsRoutes } from './routes/settings.ts';
import { sessionRoutes } from './routes/session.ts';
import { suggestRoutes } from './routes/suggest.ts';
import { unmappedRoutes } from './routes/unmapped.ts';
import { flagRoutes } from './routes/flags.ts';
import { mergeRoutes } from './routes/merges.ts';
import { resolveRoutes } from './routes/resolve.ts';
import { usageTopRoutes } from './routes/usage-top.ts';
import { usageRoutes } from './routes/usage.ts';
import { userExportRoutes } from './routes/user-export.ts';
import { userImportRoutes } from './routes/user-import.ts';
import { userRoutes } from './routes/users.ts';

// The admin API: guard (is there such a route, who asks, is the body readable), the idempotency key of a change, then the schemas of the route, then its
// handler. Handlers answer what they promise or throw; every error leaves through `answerFor`.

export function createAdminApp(deps: AdminDependencies): AdminApp {
  const app: AdminApp = new OpenAPIHono<AdminEnv>({
    defaultHook: (result) => {
      if (!result.success) throw toInvalidRequest(result.target, result.error.issues);
    },
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        // No inline code or style, nothing from elsewhere, and no text that becomes markup or code.
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: 'DENY',
      strictTransportSecurity: 'max-age=31536000',
    }),
  );
  app.use(async (c, next) => {
    await next();
    // Answers hold personal data and change by the second; only the dashboard's files say otherwise.
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  dashboardRoutes(app, deps.dashboard);
  app.use(guard(deps));
  app.use(oncePerKey(deps));
  app.use(sealedCursors(deps));
  for (const routes of [
    openApiRoutes,
    connectionRoutes,
    sessionRoutes,
    overviewRoutes,
    quarantineRoutes,
    reconciliationRoutes,
    featureRoutes,
    ruleRoutes,
    ruleImportRoutes,
    rulePreviewRoutes,
    ruleImpactRoutes,
    usageRoutes,
    arrivalRoutes,
    usageTopRoutes,
    eventRoutes,
    explainRoutes,
    feedRoutes,
    unmappedRoutes,
    suggestRoutes,
    // Before the users: `export.csv` is not one of them.
    userExportRoutes,
    userImportRoutes,
    userRoutes,
    resolveRoutes,
    mergeRoutes,
    flagRoutes,
    providerImportRoutes,
    importRoutes,
    erasureRoutes,
    keyRoutes,
    reprocessingRoutes,
    settingsRoutes,
  ]) {
    routes(app, deps);
  }
  app.onError((error, c) => {
    const answer = answerFor(error);
    if (answer.code === 'internal_error' || answer.code === 'unavailable') {
      const found = findOperation(c.req.method, c.req.path);
      const fields = { operation: found.kind === 'found' ? found.id : 'none', error: error.name };
      if (answer.code === 'internal_error')
        logError('an admin request failed', { ...fields, at: placeOf(error) });
      else logWarning('an admin request could not reach a store', fields);
    }
    return toErrorResponse(answer);
  });
  return app;
}

function answerFor(error: Error): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof InvalidCursorError) {
    const message =
      'Send a cursor that this list gave out with the same filters, or leave it out to begin anew.';
    return new ApiError('invalid_cursor', message, { details: [{ path: 'cursor', message }] });
  }
  if (error instanceof HTTPException) {
    if (error.status === 415) return new ApiError('unsupported_media_type', 'Send JSON in UTF-8.');
    if (error.status < 500) return new ApiError('invalid_request', 'The request cannot be read.');
  }
  if (!isPermanent(error))
    return new ApiError('unavailable', 'A store cannot be reached at the moment: send the request again.');
  return new ApiError(
    'internal_error',
    'This request failed by a fault of the server, which has been logged.',
  );
}

/** Where in our code it failed: file and line, never a message, which may quote what somebody sent. */
const placeOf = (error: Error): string => /\bat .*$/m.exec(error.stack ?? '')?.[0] ?? 'unknown';
