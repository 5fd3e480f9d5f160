import {
  WEBHOOK_BODY_KILOBYTES_MAX,
  WEBHOOK_ERRORS,
  WEBHOOK_PROVIDERS,
  webhookPath,
  type WebhookProvider,
} from '../webhook-contract.ts';
import type { AdminApp } from './dependencies.ts';
import { CHARGEBEE_SECURITY, STRIPE_SECURITY } from './operations.ts';
import { jsonAnswer } from './schemas/json-content.ts';
import { WEBHOOK_ERROR_MEANING, webhookErrorSchema, webhookReceivedSchema } from './schemas/webhook.ts';

// The webhooks of billing providers, in the document only: another function answers them, which holds the providers' own
// libraries and no admin key.

const NAMES: Record<WebhookProvider, string> = { stripe: 'Stripe', chargebee: 'Chargebee' };
const OPERATION_IDS = { stripe: 'receiveStripeWebhook', chargebee: 'receiveChargebeeWebhook' } as const;
const SECURITY: Record<WebhookProvider, string> = { stripe: STRIPE_SECURITY, chargebee: CHARGEBEE_SECURITY };

export function registerWebhookPaths({ openAPIRegistry: registry }: AdminApp): void {
  registry.registerComponent('securitySchemes', STRIPE_SECURITY, {
    type: 'apiKey',
    in: 'header',
    name: 'Stripe-Signature',
    description: 'Made by Stripe with the signing secret of the endpoint.',
  });
  registry.registerComponent('securitySchemes', CHARGEBEE_SECURITY, {
    type: 'http',
    scheme: 'basic',
    description: 'The user name and password that were given to Chargebee for this webhook.',
  });
  for (const provider of WEBHOOK_PROVIDERS) {
    const name = NAMES[provider];
    registry.registerPath({
      method: 'post',
      path: webhookPath(provider),
      operationId: OPERATION_IDS[provider],
      'x-tallyhook-scope': 'provider',
      security: [{ [SECURITY[provider]]: [] }],
      tags: ['Webhooks'],
      summary: `What ${name} calls when a customer changes`,
      description: `For ${name} only. In a deployment without a domain of its own it is at the output BillingWebhookUrl. A customer that was created, changed or deleted is taken over; events of other types are answered with 200 and do nothing.`,
      request: {
        body: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                additionalProperties: true,
                description: `An event as ${name} sends it, at most ${String(WEBHOOK_BODY_KILOBYTES_MAX)} KB.`,
              },
            },
          },
        },
      },
      responses: {
        200: jsonAnswer('It was taken over, or there was nothing to do', webhookReceivedSchema),
        ...Object.fromEntries(
          Object.entries(WEBHOOK_ERROR_MEANING).map(([code, meaning]) => [
            statusOf(code),
            jsonAnswer(meaning, webhookErrorSchema),
          ]),
        ),
      },
    });
  }
}

const STATUSES = new Map<string, number>(Object.entries(WEBHOOK_ERRORS));
const statusOf = (code: string): string => String(STATUSES.get(code));
