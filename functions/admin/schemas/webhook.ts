import { z } from '@hono/zod-openapi';
import { WEBHOOK_ERRORS, type WebhookErrorCode } from '../../webhook-contract.ts';

export const webhookReceivedSchema = z
  .object({ received: z.literal(true) })
  .openapi('WebhookReceived', { example: { received: true } });

export const webhookErrorSchema = z
  .object({ code: z.enum(Object.keys(WEBHOOK_ERRORS)), message: z.string() })
  .openapi('WebhookError', {
    example: { code: 'invalid_request', message: 'The body is no event of Stripe.' },
  });

export const WEBHOOK_ERROR_MEANING: Record<WebhookErrorCode, string> = {
  invalid_request: 'The body is no event of the provider.',
  invalid_signature: 'It does not come from the provider, or not for this deployment.',
  body_too_large: 'The body is too large.',
  internal_error: 'A fault of the server, which has been logged.',
  unavailable:
    'The webhook is not configured yet, or a store cannot be reached: the provider sends it again by itself.',
};
