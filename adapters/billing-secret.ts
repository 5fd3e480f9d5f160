import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';

// What a person got from Stripe and Chargebee: one secret that holds JSON, created as `{}`. A container remembers it for a
// minute, so that what was just put there is used within that time. Every field may be missing or empty: then that part is
// not configured, which is a state and no error.

const REMEMBERED_MS = 60_000;

const text = z.optional(z.string().check(z.trim()));
const secretSchema = z.object({
  stripeApiKey: text,
  stripeWebhookSecret: text,
  chargebeeSite: text,
  chargebeeApiKey: text,
  chargebeeWebhookUsername: text,
  chargebeeWebhookPassword: text,
});

export interface BillingCredentials {
  readonly stripeApiKey?: string;
  readonly stripeWebhookSecret?: string;
  readonly chargebee?: { readonly site: string; readonly apiKey: string };
  readonly chargebeeWebhook?: { readonly username: string; readonly password: string };
}

export class BillingSecret {
  private readonly secrets: SecretsManagerClient;
  private readonly arn: string;
  private readonly now: () => number;
  private known: { readonly credentials: Promise<BillingCredentials>; readonly until: number } | undefined;

  constructor(secrets: SecretsManagerClient, arn: string, now: () => number) {
    this.secrets = secrets;
    this.arn = arn;
    this.now = now;
  }

  /** Throws when the secret cannot be read: that must never look like a provider that is not configured. */
  async credentials(): Promise<BillingCredentials> {
    const now = this.now();
    if (this.known === undefined || this.known.until <= now) {
      const known = { credentials: this.read(), until: now + REMEMBERED_MS };
      this.known = known;
      known.credentials.catch(() => {
        // A failure is not remembered: the next request asks again.
        if (this.known === known) this.known = undefined;
      });
    }
    return await this.known.credentials;
  }

  private async read(): Promise<BillingCredentials> {
    const { SecretString: json } = await this.secrets.send(new GetSecretValueCommand({ SecretId: this.arn }));
    return parseBillingSecret(json ?? '');
  }
}

/** What is not JSON, or has a field that is no text, is as good as empty: the settings then say "not configured". */
export function parseBillingSecret(json: string): BillingCredentials {
  const parsed = z.safeParse(secretSchema, jsonOf(json));
  if (!parsed.success) return {};
  const { stripeApiKey, stripeWebhookSecret, chargebeeSite: site, chargebeeApiKey: apiKey } = parsed.data;
  const { chargebeeWebhookUsername: username, chargebeeWebhookPassword: password } = parsed.data;
  return {
    ...(stripeApiKey && { stripeApiKey }),
    ...(stripeWebhookSecret && { stripeWebhookSecret }),
    ...(site && apiKey && { chargebee: { site, apiKey } }),
    ...(username && password && { chargebeeWebhook: { username, password } }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
