import type { IdentityDraft } from '../identity/identity-draft.ts';
import { putRoot } from '../identity/root-change.ts';
import { isRoot, keysOfUser, type Root } from '../identity/user-node.ts';
import type { Profile, ProfileField } from '../user.ts';

/**
 * Drafts that a provider has deleted a customer: the billing id goes where that provider said it. What an event or a file
 * said stays, as it does against everything else that a provider says.
 */
export function forgetCustomer(
  draft: IdentityDraft,
  {
    kind,
    billingId,
    at,
  }: { readonly kind: 'stripe' | 'chargebee'; readonly billingId: string; readonly at: number },
): void {
  const key = draft.billingOwner(billingId);
  const node = key === undefined ? undefined : draft.node(key);
  const said = node?.said.billingId;
  if (key === undefined || node === undefined || said?.value !== billingId) return;
  // Chargebee lets a deleted id be used again, and that may be known already.
  if (!said.source.startsWith(`${kind}:`) || said.time > at) return;
  const root = draft.rootOf(key);
  const others = keysOfUser(root).filter((other) => other !== key);
  // An event or a file may have said the same under another id of the user.
  const heir = others.find((other) => {
    const word = draft.node(other)?.said.billingId;
    return word?.value === billingId && !word.source.startsWith(`${kind}:`);
  });
  draft.putBillingOwner(billingId, heir);
  const left = newest(others.flatMap((other) => ownBillingId(draft, other) ?? []));
  const profile = withBillingId(root.profile, left);
  if (isRoot(node)) {
    putRoot(draft, root, { ...root, said: withBillingId(root.said, undefined), profile });
    return;
  }
  draft.putNode({ ...node, said: withBillingId(node.said, undefined) });
  const after: Root = { ...root, profile };
  putRoot(draft, root, after);
}

/** The billing id that was said under an id, unless it belongs to somebody else. */
function ownBillingId(draft: IdentityDraft, key: string): ProfileField | undefined {
  const said = draft.node(key)?.said.billingId;
  return said !== undefined && draft.billingOwner(said.value) === key ? said : undefined;
}

const newest = (fields: readonly ProfileField[]): ProfileField | undefined =>
  fields.reduce<ProfileField | undefined>(
    (best, field) => (best === undefined || field.time > best.time ? field : best),
    undefined,
  );

function withBillingId({ billingId: _, ...profile }: Profile, billingId: ProfileField | undefined): Profile {
  return { ...profile, ...(billingId !== undefined && { billingId }) };
}
