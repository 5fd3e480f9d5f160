// On AWS a person puts the keys of the billing providers into a secret. Here they come from the environment of `npm start`,
// and are written nowhere.

const FIELDS = {
  STRIPE_API_KEY: 'stripeApiKey',
  STRIPE_WEBHOOK_SECRET: 'stripeWebhookSecret',
  CHARGEBEE_SITE: 'chargebeeSite',
  CHARGEBEE_API_KEY: 'chargebeeApiKey',
  CHARGEBEE_WEBHOOK_USERNAME: 'chargebeeWebhookUsername',
  CHARGEBEE_WEBHOOK_PASSWORD: 'chargebeeWebhookPassword',
} as const;

/** The value of the secret: JSON with what the environment has. */
export function billingSecretFrom(env: NodeJS.ProcessEnv): string {
  const given = Object.entries(FIELDS).flatMap(([name, field]) => {
    const value = env[name];
    return value === undefined || value === '' ? [] : [[field, value]];
  });
  return JSON.stringify(Object.fromEntries(given));
}
