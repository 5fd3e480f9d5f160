import Stripe from 'stripe';
import * as z from 'zod/mini';
import { toCustomer } from './stripe-customers.ts';
import type { VerifiedWebhook, WebhookRequest } from './webhook.ts';

const CUSTOMER_EVENTS = ['customer.created', 'customer.updated', 'customer.deleted'];

const text = z.nullish(z.string());
const eventSchema = z.object({
  id: z.string(),
  type: z.string(),
  /** Seconds. */
  created: z.number(),
  data: z.object({ object: z.unknown() }),
});
const customerSchema = z.object({ id: z.string().check(z.minLength(1)), email: text, name: text });

/** `receivedAt` in epoch milliseconds: Stripe's library refuses a signature that is more than five minutes old. */
export function verifyStripeWebhook(
  { body, headers }: WebhookRequest,
  secret: string,
  receivedAt: number,
): VerifiedWebhook {
  const signature = headers['stripe-signature'];
  if (signature === undefined) {
    return { kind: 'forged', message: 'There is no Stripe-Signature header: only Stripe may call this.' };
  }
  let signed: unknown;
  try {
    signed = Stripe.webhooks.constructEvent(body, signature, secret, undefined, undefined, receivedAt);
  } catch (error) {
    // The signature is checked before the body is read.
    if (error instanceof Error && error.name === 'SyntaxError') return unreadable('The body is no JSON.');
    const message =
      'The signature is not that of this endpoint, or older than five minutes: put the signing secret of the endpoint into the billing secret.';
    return { kind: 'forged', message };
  }
  const event = z.safeParse(eventSchema, signed);
  if (!event.success) return unreadable('The body is no event of Stripe.');
  const { id: eventId, type, created, data } = event.data;
  if (!CUSTOMER_EVENTS.includes(type)) return { kind: 'other' };
  const customer = z.safeParse(customerSchema, data.object);
  if (!customer.success) return unreadable('The event names no customer.');
  const { id, email = null, name = null } = customer.data;
  return {
    kind: 'customer',
    change: {
      customer: toCustomer({ id, email, name }),
      deleted: type === 'customer.deleted',
      // Stripe says no time of change on the customer itself; the event's is in seconds.
      at: created * 1000,
      eventId,
    },
  };
}

const unreadable = (message: string): VerifiedWebhook => ({ kind: 'unreadable', message });
