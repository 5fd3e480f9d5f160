import Stripe from 'stripe';
import * as z from 'zod/mini';
import {
  CUSTOMERS_PER_PAGE,
  isPassing,
  later,
  PROVIDER_TIMEOUT_MS,
  type Customer,
  type CustomerList,
  type CustomerPage,
  type ProviderAddress,
} from './customer-list.ts';

// Stripe's customers, newest first, by Stripe's own client. Deleted ones are not in the list. A cursor is the id of a
// customer and the time of its creation: Stripe pages by id, and a customer that was deleted in between can no longer be
// paged from, but the time still says where it was.

/** Of one request, by the client itself: what a cut connection or a hiccup needs. */
const QUICK_RETRIES_MAX = 2;

export class StripeCustomers implements CustomerList {
  private readonly stripe: Stripe;

  constructor(apiKey: string, address?: ProviderAddress) {
    this.stripe = new Stripe(apiKey, {
      ...address,
      timeout: PROVIDER_TIMEOUT_MS,
      maxNetworkRetries: QUICK_RETRIES_MAX,
      telemetry: false,
    });
  }

  async page(cursor: string | undefined): Promise<CustomerPage> {
    const after = parseCursor(cursor);
    try {
      return await this.read(after === undefined ? {} : { starting_after: after.id });
    } catch (error) {
      if (after === undefined || !isGone(error)) return failureOf(error);
    }
    try {
      return await this.read({ created: { lte: after.created } });
    } catch (error) {
      return failureOf(error);
    }
  }

  private async read(from: Stripe.CustomerListParams): Promise<CustomerPage> {
    const list = await this.stripe.customers.list({ ...from, limit: CUSTOMERS_PER_PAGE });
    return {
      kind: 'page',
      customers: list.data.map((customer) => ({
        customer: toCustomer(customer),
        cursor: JSON.stringify([customer.id, customer.created]),
      })),
      isLast: !list.has_more || list.data.length === 0,
    };
  }
}

export const toCustomer = ({
  id,
  email,
  name,
}: Pick<Stripe.Customer, 'id' | 'email' | 'name'>): Customer => ({
  billingId: id,
  ...(email && { email }),
  ...(name && { name }),
});

const cursorSchema = z.tuple([z.string(), z.number()]);

function parseCursor(cursor: string | undefined): { id: string; created: number } | undefined {
  if (cursor === undefined) return undefined;
  const [id, created] = z.parse(cursorSchema, JSON.parse(cursor));
  return { id, created };
}

const isGone = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';

function failureOf(error: unknown): CustomerPage {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { statusCode, headers } = error;
  if (isPassing(statusCode)) return later(headers?.['retry-after']);
  if (statusCode === 401) {
    return refused(
      'Stripe does not know the API key: put a valid one into the billing secret, then import again.',
    );
  }
  if (statusCode === 403) {
    return refused('The Stripe API key may not read customers: give it that permission, then import again.');
  }
  return refused(`Stripe refuses to list customers (${String(statusCode)} ${error.code ?? error.type}).`);
}

const refused = (message: string): CustomerPage => ({ kind: 'refused', message });
