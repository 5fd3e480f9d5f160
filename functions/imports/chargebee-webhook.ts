import { basicAuthValidator, WebhookAuthenticationError } from 'chargebee';
import * as z from 'zod/mini';
import { isSameSecret } from '../../adapters/same-secret.ts';
import { toCustomer } from './chargebee-customers.ts';
import type { VerifiedWebhook, WebhookRequest } from './webhook.ts';

const CUSTOMER_EVENTS = ['customer_created', 'customer_changed', 'customer_deleted'];

const text = z.optional(z.string());
const eventSchema = z.object({
  id: z.string(),
  occurred_at: z.number(),
  event_type: z.string(),
  content: z.object({
    customer: z.optional(
      z.object({
        id: z.string().check(z.minLength(1)),
        email: text,
        first_name: text,
        last_name: text,
        company: text,
        /** Milliseconds of the last change. */
        resource_version: z.optional(z.number()),
      }),
    ),
  }),
});

export interface ChargebeeWebhookCredentials {
  readonly username: string;
  readonly password: string;
}

/** Chargebee signs nothing: it sends the user name and password that the person chose for this webhook. */
export async function verifyChargebeeWebhook(
  { body, headers }: WebhookRequest,
  credentials: ChargebeeWebhookCredentials,
): Promise<VerifiedWebhook> {
  const validate = basicAuthValidator((username, password) => {
    const right = [
      isSameSecret(username, credentials.username),
      isSameSecret(password, credentials.password),
    ];
    return right.every(Boolean);
  });
  try {
    await validate({ ...headers });
  } catch (error) {
    if (!(error instanceof WebhookAuthenticationError)) throw error;
    return {
      kind: 'forged',
      message: 'Send the user name and password of the billing secret, with basic authentication.',
    };
  }
  const event = z.safeParse(eventSchema, jsonOf(body));
  if (!event.success) return { kind: 'unreadable', message: 'The body is no event of Chargebee.' };
  const { id, occurred_at: occurredAt, event_type: type, content } = event.data;
  if (!CUSTOMER_EVENTS.includes(type)) return { kind: 'other' };
  if (content.customer === undefined) return { kind: 'unreadable', message: 'The event names no customer.' };
  return {
    kind: 'customer',
    change: {
      customer: toCustomer(content.customer),
      deleted: type === 'customer_deleted',
      at: content.customer.resource_version ?? occurredAt * 1000,
      eventId: id,
    },
  };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
