import Chargebee from 'chargebee';
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

// Chargebee's customers, oldest first, by Chargebee's own client. Deleted ones are not in the list. Chargebee pages by an
// offset that it gives out and that means nothing to us, so a cursor is the offset of a page and the last customer in it
// that is done; when that one is gone, the page is taken from its beginning, which changes nothing that is done.

export class ChargebeeCustomers implements CustomerList {
  private readonly chargebee: Chargebee;

  constructor(credentials: { readonly site: string; readonly apiKey: string }, address?: ProviderAddress) {
    this.chargebee = new Chargebee({
      ...credentials,
      // The client puts the site before the suffix.
      ...(address && { hostSuffix: address.host, port: address.port, protocol: address.protocol }),
      timeout: PROVIDER_TIMEOUT_MS,
      sdkTelemetryEnabled: false,
    });
  }

  async page(cursor: string | undefined): Promise<CustomerPage> {
    const { offset, after } = parseCursor(cursor);
    try {
      const { list, next_offset: next } = await this.chargebee.customer.list({
        limit: CUSTOMERS_PER_PAGE,
        'sort_by[asc]': 'created_at',
        ...(offset !== null && { offset }),
      });
      const customers = list.map(({ customer }, index) => ({
        customer: toCustomer(customer),
        cursor:
          index + 1 === list.length && next !== undefined
            ? cursorOf(next, null)
            : cursorOf(offset, customer.id),
      }));
      const done = after === null ? -1 : list.findIndex(({ customer }) => customer.id === after);
      return { kind: 'page', customers: customers.slice(done + 1), isLast: next === undefined };
    } catch (error) {
      return failureOf(error);
    }
  }
}

const cursorSchema = z.tuple([z.nullable(z.string()), z.nullable(z.string())]);
const cursorOf = (offset: string | null, after: string | null): string => JSON.stringify([offset, after]);

function parseCursor(cursor: string | undefined): { offset: string | null; after: string | null } {
  const [offset, after] = cursor === undefined ? [null, null] : z.parse(cursorSchema, JSON.parse(cursor));
  return { offset, after };
}

export interface ChargebeeCustomer {
  readonly id: string;
  readonly email?: string | undefined;
  readonly first_name?: string | undefined;
  readonly last_name?: string | undefined;
  readonly company?: string | undefined;
}

export function toCustomer({ id, email, first_name, last_name, company }: ChargebeeCustomer): Customer {
  const person = [first_name, last_name].filter((part) => part !== undefined && part.trim() !== '').join(' ');
  const name = person === '' ? company : person;
  return { billingId: id, ...(email && { email }), ...(name && { name }) };
}

/** What the client rejects with: the body of the answer, with status and headers; no Error. */
const failureSchema = z.object({
  http_status_code: z.optional(z.number()),
  api_error_code: z.optional(z.string()),
  headers: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
});

function failureOf(error: unknown): CustomerPage {
  const parsed = z.safeParse(failureSchema, error);
  const { http_status_code: status, api_error_code: code, headers } = parsed.data ?? {};
  if (isPassing(status)) {
    const retryAfter = headers?.['retry-after'];
    return later(typeof retryAfter === 'string' ? retryAfter : undefined);
  }
  const fix =
    status === 401 || status === 403
      ? 'Chargebee does not accept the API key: put one that may read customers into the billing secret, then import again.'
      : status === 404
        ? 'Chargebee does not know the site: correct chargebeeSite in the billing secret, then import again.'
        : `Chargebee refuses to list customers (${String(status)} ${code ?? ''}).`;
  return { kind: 'refused', message: fix };
}
