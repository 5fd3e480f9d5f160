// What billing providers call and what they are answered. The function `imports` answers them; the document of the API, which
// the function `admin` makes, describes them.

export const WEBHOOK_PROVIDERS = ['stripe', 'chargebee'] as const;
export type WebhookProvider = (typeof WEBHOOK_PROVIDERS)[number];

export const webhookPath = (provider: WebhookProvider) => `/api/webhooks/${provider}` as const;

/** Events of both providers are a few KB. */
export const WEBHOOK_BODY_KILOBYTES_MAX = 256;

/** Each way of refusing one, with its status. What may be sent again is 503. */
export const WEBHOOK_ERRORS = {
  invalid_request: 400,
  invalid_signature: 401,
  body_too_large: 413,
  internal_error: 500,
  unavailable: 503,
} as const;
export type WebhookErrorCode = keyof typeof WEBHOOK_ERRORS;
