import { createRoute } from '@hono/zod-openapi';
import { eventKeyOf } from '../../../adapters/keys.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { CHANGE_WITH_BODY, errors } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { redrivenSchema, redriveSchema } from '../schemas/quarantine.ts';

/** Events that one call of `all` sends back: some twenty transactions, well within the function's timeout. */
const EVENTS_PER_CALL = 1_000;
const COUNTED_MAX = 10_000;

const redrive = createRoute({
  ...operation('redriveQuarantined'),
  tags: ['Events'],
  summary: 'Send quarantined events back to be processed',
  description:
    'After what made them fail is mended. GET /api/events?status=quarantined lists them with their errors. Sending an event back twice counts it once; one that fails again is quarantined again.',
  request: { query: noQuery, body: jsonBody(redriveSchema) },
  responses: { 200: jsonAnswer('What was sent back', redrivenSchema), ...errors(...CHANGE_WITH_BODY) },
});

export function quarantineRoutes(app: AdminApp, { quarantine, now }: AdminDependencies): void {
  app.openapi(redrive, async (c) => {
    const { messageIds } = c.req.valid('json');
    const keys = messageIds?.map(eventKeyOf) ?? (await quarantine.keys(EVENTS_PER_CALL));
    const done = await quarantine.redrive(keys, c.var.caller.id, now());
    return c.json({ ...done, remaining: await quarantine.count(COUNTED_MAX) }, 200);
  });
}
