import { normaliseEmail, type EmailGroup } from '../core/identity/email-group.ts';
import type { IdentityFacts } from '../core/identity/identity-draft.ts';
import { emailOf } from '../core/identity/root-change.ts';
import { isRoot, keysOfUser, wayFrom, type Root, type UserNode } from '../core/identity/user-node.ts';
import type { Profile } from '../core/user.ts';
import type { UserStore } from './user-store.ts';

// Reading what a decision about users needs. The reads are consistent one by one and not together: what does not fit
// together, or changes before the commit, fails a condition there and is read again.

export interface IdentifyWant {
  readonly key: string;
  readonly said: Profile;
}

/**
 * What `identifies` need, and of `keys` only their nodes: one read for both, and two or three more only where there are
 * identifies.
 */
export async function factsForIdentifies(
  users: UserStore,
  keys: Iterable<string>,
  identifies: readonly IdentifyWant[],
): Promise<IdentityFacts> {
  const nodes = await readNodes(users, [...keys, ...identifies.map(({ key }) => key)]);
  await addPaths(
    users,
    nodes,
    identifies.map(({ key }) => key),
  );
  // What says nothing needs no more than the user it is about.
  const saying = identifies.filter(({ said }) => Object.keys(said).length > 0);
  if (saying.length === 0) return { nodes, emails: new Map(), claims: new Map() };
  const wanted = saying.map(({ key, said }) => ({
    said,
    before: nodes.get(key)?.said,
    root: rootIn(nodes, key),
  }));
  const { emails, claims } = await users.groupsAndClaims(
    wanted.flatMap(({ said, root }) =>
      said.email === undefined ? [] : [normaliseEmail(said.email.value), ...emailsOf(root)],
    ),
    wanted.flatMap(({ said, before }) =>
      said.billingId === undefined
        ? []
        : [said.billingId.value, ...(before?.billingId === undefined ? [] : [before.billingId.value])],
    ),
  );
  // Another billing id of a user with several ids: which of the others has said the one that is let go?
  await add(
    users,
    nodes,
    wanted.flatMap(({ said, before, root }) =>
      root !== undefined &&
      isRoot(root) &&
      said.billingId !== undefined &&
      said.billingId.value !== before?.billingId?.value
        ? keysOfUser(root)
        : [],
    ),
  );
  await addPaths(users, nodes, [
    // The imported users that may be merged; where there are several, none is.
    ...[...emails.values()].flatMap((group) => (group === undefined ? [] : candidatesIn(group))),
    ...[...claims.values()].flatMap((owner) => owner ?? []),
  ]);
  return { nodes, emails, claims };
}

const emailsOf = (root: UserNode | undefined): readonly string[] => {
  const email = root && emailOf(root.profile);
  return email === undefined ? [] : [email];
};

/** An imported user may itself have sent an event, so that it is not among the others of its email. */
const candidatesIn = ({ imported }: EmailGroup): readonly string[] => (imported.length <= 2 ? imported : []);

/** What a merge of the users of these keys needs: their roots and emails, however many ids they have. */
export async function factsForMerge(users: UserStore, keys: readonly string[]): Promise<IdentityFacts> {
  const nodes = await readNodes(users, keys);
  await addPaths(users, nodes, keys);
  const emails = keys.flatMap((key) => emailsOf(rootIn(nodes, key)));
  return { nodes, ...(await users.groupsAndClaims(emails, [])) };
}

/** Everything about the users that these keys lead to: all their nodes, emails and billing ids. */
export async function factsForUsers(users: UserStore, keys: readonly string[]): Promise<IdentityFacts> {
  const nodes = await readNodes(users, keys);
  await addPaths(users, nodes, keys);
  const roots = keys.flatMap((key) => rootIn(nodes, key) ?? []);
  await add(users, nodes, roots.flatMap(keysOfUser));
  const said = [...nodes.values()].flatMap((node) => (node === undefined ? [] : [node.said, node.profile]));
  return {
    nodes,
    ...(await users.groupsAndClaims(
      said.flatMap((profile) => emailOf(profile) ?? []),
      said.flatMap(({ billingId }) => billingId?.value ?? []),
    )),
  };
}

type Nodes = Map<string, UserNode | undefined>;

async function readNodes(users: UserStore, keys: Iterable<string>): Promise<Nodes> {
  const nodes: Nodes = new Map();
  await add(users, nodes, keys);
  return nodes;
}

async function add(users: UserStore, nodes: Nodes, keys: Iterable<string>): Promise<void> {
  const missing = [...new Set(keys)].filter((key) => !nodes.has(key));
  if (missing.length === 0) return;
  const found = await users.nodes(missing);
  for (const key of missing) nodes.set(key, found.get(key));
}

/** Adds the nodes on the ways from these keys to their roots: each is followed once, for what is read may lead in a circle. */
async function addPaths(users: UserStore, nodes: Nodes, keys: Iterable<string>): Promise<void> {
  const followed = new Set<string>();
  for (let ends = [...keys]; ends.length > 0;) {
    await add(users, nodes, ends);
    for (const key of ends) followed.add(key);
    ends = ends.flatMap((key) => {
      const next = nodes.get(key)?.mergedInto?.key;
      return next === undefined || followed.has(next) ? [] : [next];
    });
  }
}

/** Undefined where the way to it is not all there. */
function rootIn(nodes: Nodes, key: string): Root | undefined {
  const last = [...wayFrom(key, (at) => nodes.get(at))].at(-1);
  return last !== undefined && isRoot(last) ? last : undefined;
}
