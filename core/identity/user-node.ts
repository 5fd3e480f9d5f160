import { mergeProfiles, sameProfile, type Profile } from '../user.ts';

// What is stored of one id. Ids are never rewritten: a merge is a link from one node to another, and everything that was
// said or counted under an id stays with that id. So a merge is small whatever the history, and cutting the link again
// gives both sides back exactly. docs/identity.md has the whole of it.

export interface MergeLink {
  /** The key of the node that this one was merged into: the survivor of that merge, which may have been merged since. */
  readonly key: string;
  readonly mergeId: string;
}

export interface UserNode {
  /** The id as a key part (adapters/keys.ts); what links and lists name, because ids themselves may be very long. */
  readonly key: string;
  readonly userId: string;
  /** What was said under this id, and under no other. */
  readonly said: Profile;
  /** Of a root: the newest word of all its ids, which is the user's profile. Of any other node it means nothing. */
  readonly profile: Profile;
  /** Epoch milliseconds of the arrival of the first event that mentioned this id. */
  readonly createdAt: number;
  /** Grows by one with every change of the node, and of a root with every change under it. Another life of the id begins at one again. */
  readonly version: number;
  /** Of a node that was read: a hash of all that is stored of it, which conditions compare. Absent where an older program wrote it. */
  readonly storedHash?: string;
  /** What created an imported user, such as `stripe:cus_1`. An imported user has no userId of its own. */
  readonly importedFrom?: string;
  /** Absent on a root. */
  readonly mergedInto?: MergeLink;
  /** Of a root: the keys of all ids that lead to it, directly or not; itself not among them. */
  readonly members: readonly string[];
  /** Ids of the merges with this node that were undone, oldest first, the last `UNDONE_MAX`. */
  readonly undoneMerges: readonly string[];
  /** Roots that a person has separated this imported user from: it is not merged into them by itself again. */
  readonly apartFrom: readonly string[];
}

export type Root = UserNode & { readonly mergedInto?: undefined };

export const isRoot = (node: UserNode): node is Root => node.mergedInto === undefined;

/** The keys whose usage and events are this user's. */
export const keysOfUser = (root: UserNode): readonly string[] => [root.key, ...root.members];

export function newNode(
  id: { readonly key: string; readonly userId: string },
  created: { readonly said: Profile; readonly createdAt: number; readonly importedFrom?: string },
): Root {
  const { said, createdAt, importedFrom } = created;
  return {
    ...id,
    said,
    profile: said,
    createdAt,
    version: 0,
    ...(importedFrom !== undefined && { importedFrom }),
    members: [],
    undoneMerges: [],
    apartFrom: [],
  };
}

/**
 * The nodes on the way from a key along the links, itself first and the root last. Nodes that were read at different moments
 * may lead in a circle, where a merge was undone and made the other way round in between: it ends before it would come round,
 * and the last one is no root.
 */
export function* wayFrom(key: string, nodeAt: (key: string) => UserNode | undefined): Generator<UserNode> {
  const passed = new Set<string>();
  for (let at: string | undefined = key; at !== undefined && !passed.has(at);) {
    passed.add(at);
    const node = nodeAt(at);
    if (node === undefined) return;
    yield node;
    at = node.mergedInto?.key;
  }
}

/** How many undone merges, and separations, a node remembers. */
export const UNDONE_MAX = 50;

/** Ids of one user, at most. What links to a root is listed in it, and an item has a limit. */
export const MEMBERS_MAX = 1_000;

/** A node after more was said under its id, or undefined when nothing of that is news. */
export function hear<Node extends UserNode>(node: Node, said: Profile): Node | undefined {
  const heard = mergeProfiles(node.said, said);
  if (sameProfile(heard, node.said)) return undefined;
  return { ...node, said: heard, profile: mergeProfiles(node.profile, said) };
}
