import type { Profile } from '../user.ts';
import { leaveGroup } from './email-group.ts';
import type { IdentityDraft } from './identity-draft.ts';
import { emailOf, putRoot } from './root-change.ts';
import { composedProfile } from './undo-merge.ts';
import { newNode, wayFrom, type Root, type UserNode } from './user-node.ts';

// Taking a user apart, when it is erased. Ids leave a few at a time, so that a user of any size goes in transactions of a
// bounded one: those furthest from the root first, so that no link ever leads to a node that is gone; the root last.

export interface LeavingId {
  readonly node: UserNode;
  /** What was said under the id, and is not erased: the id goes on as a user of its own. Undefined: nothing is left. */
  readonly kept: Profile | undefined;
}

/** The ids below the root, furthest first. */
export function furthestFirst(nodes: readonly UserNode[]): readonly UserNode[] {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const depthOf = ({ key }: UserNode): number => [...wayFrom(key, (at) => byKey.get(at))].length;
  return nodes
    .map((node) => [depthOf(node), node] as const)
    .toSorted(([a], [b]) => b - a)
    .map(([, node]) => node);
}

/** Drafts that these ids leave the user. When the root is among them, they are all that is left of it. */
export function takeApart(
  draft: IdentityDraft,
  root: Root,
  members: readonly string[],
  leaving: readonly LeavingId[],
): void {
  const user = new Set<string | undefined>([undefined, root.key, ...members]);
  for (const { node, kept } of leaving) {
    const { billingId } = node.said;
    if (
      billingId !== undefined &&
      kept?.billingId?.value !== billingId.value &&
      draft.billingOwner(billingId.value) === node.key
    )
      draft.putBillingOwner(billingId.value, undefined);
    const isRoot = node.key === root.key;
    // What it goes on saying is its own now, though another id of the user had said it first: that one goes as well.
    const keeps = kept?.billingId?.value;
    if (keeps !== undefined && user.has(draft.billingOwner(keeps))) draft.putBillingOwner(keeps, node.key);
    const again = kept && bornAgain(draft, node, kept);
    if (again !== undefined) user.delete(node.key);
    if (again !== undefined) putRoot(draft, isRoot ? root : undefined, again);
    else {
      draft.removeNode(node.key);
      const email = isRoot ? emailOf(root.profile) : undefined;
      if (email !== undefined) draft.putGroup(leaveGroup(draft.group(email), root.key));
    }
  }
  const left = new Set(leaving.map(({ node }) => node.key));
  if (left.has(root.key)) return;
  // The root may stay: when it is in another life, and one of the old life was merged into it.
  const rest = members.filter((key) => !left.has(key));
  const nodes = [root.key, ...rest].flatMap((key) => draft.node(key) ?? []);
  putRoot(draft, root, { ...root, members: rest, profile: composedProfile(draft, nodes) });
}

function bornAgain(draft: IdentityDraft, node: UserNode, said: Profile): Root {
  const { key, userId, createdAt, importedFrom } = node;
  const again = newNode(
    { key, userId },
    { said, createdAt, ...(importedFrom !== undefined && { importedFrom }) },
  );
  return { ...again, profile: composedProfile(draft, [again]) };
}
