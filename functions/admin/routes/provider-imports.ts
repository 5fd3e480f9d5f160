import { createRoute } from '@hono/zod-openapi';
import type { ImportJob } from '../../../adapters/import-item.ts';
import { importIdOf } from '../../../adapters/import-store.ts';
import { NO_VERDICTS } from '../../../core/imports/import-verdict.ts';
import { ApiError } from '../api-error.ts';
import { beginImport, goOnInBackground } from '../begin-import.ts';
import type { AdminApp, AdminDependencies, AdminEnv } from '../dependencies.ts';
import { toImportAnswer } from '../import-answer.ts';
import { operation } from '../operations.ts';
import { CHANGE, errors } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { importAnswerSchema } from '../schemas/import.ts';
import { jsonAnswer } from '../schemas/json-content.ts';

const tags = ['Imports'];

const fromStripe = createRoute({
  ...operation('importFromStripe'),
  tags,
  summary: 'Import the customers of Stripe',
  description:
    'With the API key in the billing secret. Importing again changes only what has changed at Stripe.',
  request: { query: noQuery },
  responses: {
    202: jsonAnswer('The import goes on in the background', importAnswerSchema),
    ...errors(...CHANGE),
  },
});

const fromChargebee = createRoute({
  ...operation('importFromChargebee'),
  tags,
  summary: 'Import the customers of Chargebee',
  description:
    'With the site and API key in the billing secret, where Chargebee is switched on in the settings. Importing again changes only what has changed at Chargebee.',
  request: { query: noQuery },
  responses: {
    202: jsonAnswer('The import goes on in the background', importAnswerSchema),
    ...errors(...CHANGE),
  },
});

export function providerImportRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(fromStripe, async (c) => {
    const { stripeApiKey } = await deps.billingSecret.credentials();
    if (stripeApiKey === undefined) {
      throw new ApiError(
        'not_possible',
        'Stripe is not configured: put stripeApiKey into the billing secret.',
      );
    }
    return c.json({ import: toImportAnswer(await start(deps, 'stripe', c.var)) }, 202);
  });

  app.openapi(fromChargebee, async (c) => {
    const [{ chargebee }, settings] = await Promise.all([
      deps.billingSecret.credentials(),
      deps.settings.current(),
    ]);
    if (!settings.chargebee) {
      throw new ApiError('not_possible', 'Chargebee is switched off: switch it on with PATCH /api/settings.');
    }
    if (chargebee === undefined) {
      throw new ApiError(
        'not_possible',
        'Chargebee is not configured: put chargebeeSite and chargebeeApiKey into the billing secret.',
      );
    }
    return c.json({ import: toImportAnswer(await start(deps, 'chargebee', c.var)) }, 202);
  });
}

async function start(
  deps: AdminDependencies,
  kind: 'stripe' | 'chargebee',
  { caller, change }: AdminEnv['Variables'],
): Promise<ImportJob> {
  const id = importIdOf(change);
  const begun = await deps.imports.get(id);
  if (begun !== undefined) return begun;
  const job: ImportJob = {
    id,
    kind,
    dryRun: false,
    status: 'running',
    done: 0,
    counts: NO_VERDICTS,
    parts: 0,
    pages: 0,
    ignoredColumns: [],
    actor: caller.id,
    startedAt: deps.now(),
  };
  await beginImport(deps, job);
  await goOnInBackground(deps, job.id);
  return job;
}
