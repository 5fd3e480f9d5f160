import type { RulesetStore } from '../../adapters/ruleset-store.ts';
import type { UserImport } from '../../adapters/user-import.ts';
import { checkImportRow } from '../../core/imports/import-row.ts';
import type { CustomerChange } from './webhook.ts';

/**
 * One customer, as an import of one row by the provider. What is older than what the provider has said already changes
 * nothing, and neither does the same again. Throws when the store fails.
 */
export async function takeOverCustomer(
  { userImport, rulesets }: { readonly userImport: UserImport; readonly rulesets: RulesetStore },
  provider: 'stripe' | 'chargebee',
  { customer, deleted, at, eventId }: CustomerChange,
): Promise<void> {
  if (deleted) {
    await userImport.forget(provider, customer.billingId, at);
    return;
  }
  const { settings } = await rulesets.current();
  const saying = {
    kind: provider,
    id: eventId,
    at,
    actor: `${provider} webhook`,
    chargebee: settings.chargebee,
  };
  await userImport.take([{ row: 1, checked: checkImportRow({ ...customer }) }], saying, () => []);
}
