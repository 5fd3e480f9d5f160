import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { BillingSecret } from '../../adapters/billing-secret.ts';
import { isPermanent } from '../../adapters/failure-kind.ts';
import type { RulesetStore } from '../../adapters/ruleset-store.ts';
import type { UserImport } from '../../adapters/user-import.ts';
import { logError, logWarning } from '../log.ts';
import {
  WEBHOOK_BODY_KILOBYTES_MAX,
  WEBHOOK_ERRORS,
  WEBHOOK_PROVIDERS,
  webhookPath,
  type WebhookErrorCode,
  type WebhookProvider,
} from '../webhook-contract.ts';
import { verifyChargebeeWebhook } from './chargebee-webhook.ts';
import { verifyStripeWebhook } from './stripe-webhook.ts';
import { takeOverCustomer } from './take-over-customer.ts';
import type { VerifiedWebhook, WebhookRequest } from './webhook.ts';

// A billing provider tells of a customer. Anybody can call this, so nothing is believed before the provider's library has
// verified it; what the provider may send again gets 503, and what it should not gets 4xx with a sentence, which both
// providers show to the person who set the webhook up.

export interface WebhookDependencies {
  readonly billingSecret: BillingSecret;
  readonly userImport: UserImport;
  readonly rulesets: RulesetStore;
  readonly now: () => number;
}

export async function answerWebhook(
  deps: WebhookDependencies,
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  const provider = WEBHOOK_PROVIDERS.find((name) => event.rawPath === webhookPath(name));
  if (provider === undefined) {
    const message = `There are webhooks at ${WEBHOOK_PROVIDERS.map(webhookPath).join(' and ')}.`;
    return json(404, { code: 'not_found', message });
  }
  if (event.requestContext.http.method.toUpperCase() !== 'POST') {
    return json(405, { code: 'method_not_allowed', message: 'This route takes POST.' }, { allow: 'POST' });
  }
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (body.byteLength > WEBHOOK_BODY_KILOBYTES_MAX * 1024)
    return problem('body_too_large', `The body is larger than ${WEBHOOK_BODY_KILOBYTES_MAX} KB.`);
  try {
    const verified = await verify(deps, provider, { body, headers: event.headers });
    switch (verified.kind) {
      case 'customer':
        await takeOverCustomer(deps, provider, verified.change);
        return received();
      case 'other':
        return received();
      case 'unreadable':
        return problem('invalid_request', verified.message);
      case 'forged':
        return problem('invalid_signature', verified.message);
      case 'not_configured':
        return problem('unavailable', verified.message, { 'retry-after': '3600' });
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isPermanent(error)) {
      logError('a webhook failed', { provider, error: error.name });
      return problem(
        'internal_error',
        'This request failed by a fault of the server, which has been logged.',
      );
    }
    logWarning('a webhook could not reach a store', { provider, error: error.name });
    const message = 'A store cannot be reached at the moment: send the request again.';
    return problem('unavailable', message, { 'retry-after': '5' });
  }
}

/** A provider sends again for days what it got no 2xx for, so events that come before the secret does are not lost. */
type Verification = VerifiedWebhook | { readonly kind: 'not_configured'; readonly message: string };

async function verify(
  { billingSecret, now }: WebhookDependencies,
  provider: WebhookProvider,
  request: WebhookRequest,
): Promise<Verification> {
  const { stripeWebhookSecret, chargebeeWebhook } = await billingSecret.credentials();
  if (provider === 'stripe') {
    return stripeWebhookSecret === undefined
      ? notConfigured('stripeWebhookSecret, the signing secret of this endpoint,')
      : verifyStripeWebhook(request, stripeWebhookSecret, now());
  }
  return chargebeeWebhook === undefined
    ? notConfigured('chargebeeWebhookUsername and chargebeeWebhookPassword')
    : await verifyChargebeeWebhook(request, chargebeeWebhook);
}

const notConfigured = (what: string): Verification => ({
  kind: 'not_configured',
  message: `This webhook is not configured: put ${what} into the billing secret.`,
});

const received = (): APIGatewayProxyStructuredResultV2 => json(200, { received: true });

const problem = (
  code: WebhookErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 => json(WEBHOOK_ERRORS[code], { code, message }, headers);

function json(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}
