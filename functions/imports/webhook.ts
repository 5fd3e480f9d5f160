import type { Customer } from './customer-list.ts';

// What a provider's webhook turns out to be, once its library has verified it.

export interface CustomerChange {
  readonly customer: Customer;
  readonly deleted: boolean;
  /** Epoch milliseconds: when the provider says that it became so. Webhooks come in any order and more than once. */
  readonly at: number;
  /** The provider's id of the event. */
  readonly eventId: string;
}

export type VerifiedWebhook =
  | { readonly kind: 'customer'; readonly change: CustomerChange }
  /** Of another type: nothing to do. */
  | { readonly kind: 'other' }
  /** Not by the provider, or not for us. */
  | { readonly kind: 'forged'; readonly message: string }
  | { readonly kind: 'unreadable'; readonly message: string };

export interface WebhookRequest {
  /** As it was sent, to the byte: the signature is over that. */
  readonly body: Buffer;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}
