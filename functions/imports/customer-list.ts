// A billing provider's list of customers, page by page, as the import reads it. What goes wrong is data: the import waits
// and asks again, or ends with a sentence for the person who can change something.

export interface Customer {
  readonly billingId: string;
  readonly email?: string;
  readonly name?: string;
}

export type CustomerPage =
  | {
      readonly kind: 'page';
      /** Each with where the list goes on after it. */
      readonly customers: readonly { readonly customer: Customer; readonly cursor: string }[];
      readonly isLast: boolean;
    }
  /** Too many requests, or the provider is down: the same page may be asked for again. */
  | { readonly kind: 'later'; readonly afterSeconds: number }
  /** Asking again cannot help before a person has changed something. */
  | { readonly kind: 'refused'; readonly message: string };

export interface CustomerList {
  /** The customers after this cursor; from the beginning without one. */
  page(cursor: string | undefined): Promise<CustomerPage>;
}

/** Where the provider is, for tests; otherwise the provider's own address. */
export interface ProviderAddress {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'http' | 'https';
}

export const CUSTOMERS_PER_PAGE = 100;
export const PROVIDER_TIMEOUT_MS = 20_000;
/** Unless the provider says how long. */
const PAUSE_SECONDS = 10;

/** A failed request for which waiting is the remedy: the provider's limit on requests, its faults, and no answer at all. */
export const isPassing = (status: number | undefined): boolean =>
  status === undefined || status === 429 || status >= 500;

export function later(retryAfter: string | undefined): CustomerPage {
  const seconds = Number(retryAfter);
  return { kind: 'later', afterSeconds: seconds >= 1 ? Math.ceil(seconds) : PAUSE_SECONDS };
}
