import { z } from '@hono/zod-openapi';
import { flag, orMissing, time } from './fields.ts';

const configured = z
  .boolean()
  .openapi({ description: 'Whether its keys are in the secret of the deployment' });
const webhookConfigured = z
  .boolean()
  .openapi({ description: 'Whether its webhooks can be verified; until then they are refused' });
const enabled = z
  .boolean()
  .openapi({ description: 'Whether a billing id that is not Stripe’s (cus_…) is taken as Chargebee’s' });

export const settingsSchema = z
  .object({
    chargebee: z.object({ enabled, configured, webhookConfigured }),
    stripe: z.object({ configured, webhookConfigured }),
    history: z
      .array(z.object({ at: time, by: z.string(), chargebee: z.object({ enabled }) }))
      .openapi({ description: 'The latest changes, newest first' }),
  })
  .openapi('Settings', {
    example: {
      chargebee: { enabled: true, configured: true, webhookConfigured: false },
      stripe: { configured: true, webhookConfigured: true },
      history: [{ at: '2026-11-23T14:05:00.000Z', by: 'admin-key', chargebee: { enabled: true } }],
    },
  });

export const settingsChangeSchema = z
  .strictObject({
    chargebee: z
      .strictObject({ enabled: flag.optional() }, { error: orMissing('Write an object.') })
      .optional(),
  })
  .openapi('SettingsChange', { example: { chargebee: { enabled: true } } });
