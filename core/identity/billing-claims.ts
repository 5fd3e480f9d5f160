import type { IdentityDraft } from './identity-draft.ts';
import { keysOfUser, type Root } from './user-node.ts';

/**
 * Drafts what becomes of claims when under `key`, where `before` was said, the billing id `after` is said: it is claimed if
 * nobody has it, and the one before is let go. When another id of the same user has said the old one, too, it goes
 * to that id, for it still is the user's. Returns whether anything is drafted.
 */
export function moveBillingClaim(
  draft: IdentityDraft,
  {
    key,
    user,
    before,
    after,
  }: {
    readonly key: string;
    /** The user as it was; undefined for one that is new. */
    readonly user: Root | undefined;
    readonly before: string | undefined;
    readonly after: string | undefined;
  },
): boolean {
  // All is read before anything is drafted, so that a NotReadError leaves the draft as it was.
  const isLetGo = before !== undefined && before !== after && draft.billingOwner(before) === key;
  const heir = isLetGo ? heirOf(draft, before, key, user) : undefined;
  const isFree = after !== undefined && draft.billingOwner(after) === undefined;
  if (isLetGo) draft.putBillingOwner(before, heir);
  if (isFree) draft.putBillingOwner(after, key);
  return isLetGo || isFree;
}

/** Another id of the user under which this billing id was said. */
function heirOf(
  draft: IdentityDraft,
  billingId: string,
  key: string,
  user: Root | undefined,
): string | undefined {
  if (user === undefined) return undefined;
  return keysOfUser(user).find(
    (other) => other !== key && draft.node(other)?.said.billingId?.value === billingId,
  );
}
