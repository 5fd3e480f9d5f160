import { mergeProfiles, type Profile } from '../user.ts';
import { joinGroup, leaveGroup } from './email-group.ts';
import { NotReadError, type IdentityDraft } from './identity-draft.ts';
import type { MergeRecord } from './merge-record.ts';
import { emailOf } from './root-change.ts';
import { keysOfUser, UNDONE_MAX, wayFrom, type Root, type UserNode } from './user-node.ts';

// Cutting a link. Needs every node of the user, and the owners of the billing ids that were said under them.

export interface Undone {
  readonly survivor: Root;
  readonly absorbed: Root;
}

/**
 * Drafts the undoing of a merge that is in force, and returns the two users after it. The absorbed side takes along what
 * was merged into it; each side's profile is composed anew from what was said under its own ids.
 */
export function undoMerge(
  draft: IdentityDraft,
  merge: MergeRecord,
  by: { readonly at: number; readonly actor: string },
): Undone {
  const cut = draft.node(merge.absorbed.key);
  if (cut?.mergedInto?.mergeId !== merge.id) throw new NotReadError('The merge is not in force.');
  const sides = cutLink(draft, cut.key);
  const absorbed: Root = remember(
    {
      ...sides.absorbed,
      // Only imported users are merged by themselves, so only they must remember not to be.
      ...(cut.importedFrom !== undefined && {
        apartFrom: [...new Set([...cut.apartFrom, sides.survivor.key, merge.survivor.key])].slice(
          -UNDONE_MAX,
        ),
      }),
    },
    merge.id,
  );
  const survivor: Root = remember(sides.survivor, merge.id);
  draft.putNode(absorbed);
  draft.putNode(survivor);
  // The survivor of that merge may have been merged since; if that is undone too, it still knows of this one.
  if (merge.survivor.key !== survivor.key)
    draft.putNode(remember(nodeOf(draft, merge.survivor.key), merge.id));
  draft.putMerge({ ...merge, undoneAt: by.at, undoneBy: by.actor });
  return { survivor, absorbed };
}

/** Drafts that this id, with all below it, is a user of its own again; nobody remembers that it was not. */
export function cutLink(draft: IdentityDraft, key: string): Undone {
  const cut = nodeOf(draft, key);
  const root = draft.rootOf(key);
  const nodes = new Map(keysOfUser(root).map((each) => [each, nodeOf(draft, each)]));
  const below = new Set([...nodes.keys()].filter((each) => isBelow(nodes, each, key)));
  const sideOf = (inside: boolean): UserNode[] =>
    [...nodes.values()].filter((node) => below.has(node.key) === inside);

  const absorbed: Root = {
    ...withoutLink(cut),
    profile: composedProfile(draft, sideOf(true)),
    members: root.members.filter((each) => below.has(each) && each !== key),
  };
  const survivor: Root = {
    ...root,
    profile: composedProfile(draft, sideOf(false)),
    members: root.members.filter((each) => !below.has(each)),
  };
  draft.putNode(absorbed);
  draft.putNode(survivor);
  const before = emailOf(root.profile);
  if (before !== undefined && before !== emailOf(survivor.profile))
    draft.putGroup(leaveGroup(draft.group(before), survivor.key));
  for (const side of [absorbed, survivor]) {
    const email = emailOf(side.profile);
    if (email !== undefined) draft.putGroup(joinGroup(draft.group(email), side));
  }
  return { survivor, absorbed };
}

function nodeOf(draft: IdentityDraft, key: string): UserNode {
  const node = draft.node(key);
  if (node === undefined) throw new NotReadError('An id of the user is gone.');
  return node;
}

const isBelow = (nodes: ReadonlyMap<string, UserNode>, key: string, top: string): boolean =>
  [...wayFrom(key, (at) => nodes.get(at))].some((node) => node.key === top);

function withoutLink({ mergedInto: _, ...node }: UserNode): Root {
  return node;
}

const remember = <Node extends UserNode>(node: Node, mergeId: string): Node => ({
  ...node,
  undoneMerges: [...node.undoneMerges, mergeId].slice(-UNDONE_MAX),
});

/**
 * The newest word of these nodes. A billing id counts on the side that owns it: said on both while they were one user, it
 * belongs to the side that had it first, as if the other had been refused.
 */
export function composedProfile(draft: IdentityDraft, nodes: readonly UserNode[]): Profile {
  const keys = new Set(nodes.map(({ key }) => key));
  return nodes
    .map(({ said }): Profile => {
      const { billingId, ...rest } = said;
      const owner = billingId && draft.billingOwner(billingId.value);
      return owner !== undefined && keys.has(owner) ? said : rest;
    })
    .reduce(mergeProfiles, {});
}
