import { moveBillingClaim } from '../identity/billing-claims.ts';
import type { IdentityDraft } from '../identity/identity-draft.ts';
import { putRoot } from '../identity/root-change.ts';
import { hear, isRoot, type Root } from '../identity/user-node.ts';
import { mergeProfiles, type Profile } from '../user.ts';

/** Drafts a new user. */
export function createRoot(draft: IdentityDraft, root: Root): Root {
  putRoot(draft, undefined, root);
  return root;
}

/** Drafts that this was said under an id that exists, and returns the user that the id belongs to, as it is then. */
export function sayUnder(draft: IdentityDraft, key: string, said: Profile): Root {
  const root = draft.rootOf(key);
  const node = draft.node(key) ?? root;
  const heard = hear(node, said);
  if (heard === undefined) return root;
  moveBillingClaim(draft, {
    key,
    user: root,
    before: node.said.billingId?.value,
    after: heard.said.billingId?.value,
  });
  if (isRoot(heard)) {
    putRoot(draft, root, heard);
    return heard;
  }
  draft.putNode(heard);
  const after = { ...root, profile: mergeProfiles(root.profile, heard.said) };
  putRoot(draft, root, after);
  return after;
}
