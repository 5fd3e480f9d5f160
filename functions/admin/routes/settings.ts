import { createRoute } from '@hono/zod-openapi';
import { toIso } from '../../../core/timestamp.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { notSaved } from '../not-saved.ts';
import { operation } from '../operations.ts';
import { CHANGE_WITH_BODY, KEYED, errors } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { settingsChangeSchema, settingsSchema } from '../schemas/settings.ts';

const tags = ['Settings'];
const HISTORY_MAX = 20;

const get = createRoute({
  ...operation('getSettings'),
  tags,
  summary: 'Read the settings',
  request: { query: noQuery },
  responses: { 200: jsonAnswer('The settings', settingsSchema), ...errors(...KEYED) },
});

const change = createRoute({
  ...operation('changeSettings'),
  tags,
  summary: 'Change the settings',
  description: 'Holds for events and imports that are processed afterwards; billing ids that are there stay.',
  request: { query: noQuery, body: jsonBody(settingsChangeSchema) },
  responses: { 200: jsonAnswer('The settings', settingsSchema), ...errors(...CHANGE_WITH_BODY) },
});

export function settingsRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(get, async (c) => c.json(await settingsOf(deps), 200));

  app.openapi(change, async (c) => {
    const { chargebee } = c.req.valid('json');
    const result = await deps.settings.change(
      { ...(chargebee?.enabled !== undefined && { chargebee: chargebee.enabled }) },
      c.var.caller.id,
      c.var.change,
    );
    if (result.kind !== 'saved') throw notSaved(result);
    return c.json(await settingsOf(deps), 200);
  });
}

async function settingsOf({ settings, billingSecret }: AdminDependencies) {
  const [current, history, credentials] = await Promise.all([
    settings.current(),
    settings.history(HISTORY_MAX),
    billingSecret.credentials(),
  ]);
  return {
    chargebee: {
      enabled: current.chargebee,
      configured: credentials.chargebee !== undefined,
      webhookConfigured: credentials.chargebeeWebhook !== undefined,
    },
    stripe: {
      configured: credentials.stripeApiKey !== undefined,
      webhookConfigured: credentials.stripeWebhookSecret !== undefined,
    },
    history: history.map(({ at, by, settings: then }) => ({
      at: toIso(at),
      by,
      chargebee: { enabled: then.chargebee },
    })),
  };
}
