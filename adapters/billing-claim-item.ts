import { readS, readText, S, T, type Item } from './attributes.ts';
import { hashedKeyOf } from './keys.ts';

// Whose a billing id is. It names the node under which it was said, not the root: so neither a merge nor its undoing
// touches it, and it follows the node to whichever user that belongs to.

const BILLING_SK = 'b';

export interface BillingClaim {
  readonly billingId: string;
  /** The key of the node. */
  readonly owner: string;
}

export const billingClaimKey = (billingId: string) => ({
  pk: S(`b#${hashedKeyOf(billingId)}`),
  sk: S(BILLING_SK),
});

export const toBillingClaimItem = ({ billingId, owner }: BillingClaim): Item => ({
  ...billingClaimKey(billingId),
  bi: T(billingId),
  k: S(owner),
});

export const fromBillingClaimItem = (item: Item): BillingClaim => ({
  billingId: readText(item, 'bi'),
  owner: readS(item, 'k'),
});
