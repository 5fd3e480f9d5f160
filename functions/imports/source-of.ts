import type { BillingSecret } from '../../adapters/billing-secret.ts';
import type { ImportJob } from '../../adapters/import-item.ts';
import type { ImportStore } from '../../adapters/import-store.ts';
import { csvSource } from '../csv-source.ts';
import type { RowSource } from '../work-import.ts';
import { ChargebeeCustomers } from './chargebee-customers.ts';
import type { ProviderAddress } from './customer-list.ts';
import { customerSource, refusedSource } from './customer-source.ts';
import { StripeCustomers } from './stripe-customers.ts';

export interface SourceDependencies {
  readonly imports: ImportStore;
  readonly billingSecret: BillingSecret;
  /** @default the providers' own addresses */
  readonly addresses?: { readonly stripe: ProviderAddress; readonly chargebee: ProviderAddress };
}

/** Where the rows of an import come from. */
export const sourceOf =
  ({ imports, billingSecret, addresses }: SourceDependencies) =>
  async ({ kind }: ImportJob): Promise<RowSource> => {
    if (kind === 'csv') return csvSource(imports);
    const { stripeApiKey, chargebee } = await billingSecret.credentials();
    if (kind === 'stripe') {
      return stripeApiKey === undefined
        ? refusedSource('Stripe is not configured any more: put stripeApiKey into the billing secret.')
        : customerSource(new StripeCustomers(stripeApiKey, addresses?.stripe));
    }
    return chargebee === undefined
      ? refusedSource(
          'Chargebee is not configured any more: put chargebeeSite and chargebeeApiKey into the billing secret.',
        )
      : customerSource(new ChargebeeCustomers(chargebee, addresses?.chargebee));
  };
