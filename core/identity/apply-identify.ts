import type { EventNote } from '../decide-event.ts';
import { mergeProfiles, type Profile } from '../user.ts';
import { moveBillingClaim } from './billing-claims.ts';
import { normaliseEmail } from './email-group.ts';
import {
  decideIdentify,
  othersIn,
  type IdentifyEffect,
  type IdentifyRow,
  type MergeRefusal,
} from './decide-identify.ts';
import type { IdentityDraft } from './identity-draft.ts';
import { mergeIdOf } from './merge-record.ts';
import { mergeUsers } from './merge-users.ts';
import { emailOf, putRoot } from './root-change.ts';
import { hear, isRoot, newNode, type Root, type UserNode } from './user-node.ts';

export interface Identify {
  readonly eventKey: string;
  /** The node of the payload's userId, whether it exists or not. */
  readonly key: string;
  readonly userId: string;
  /** What the event says, and what of it was refused already. */
  readonly said: Profile;
  readonly notes: readonly EventNote[];
  readonly receivedAt: number;
}

/** What an identify did, as its event keeps it. */
export interface IdentifyResult {
  readonly row: IdentifyRow;
  readonly effect: IdentifyEffect;
  readonly refusal?: MergeRefusal;
  readonly mergeId?: string;
  readonly notes: readonly EventNote[];
}

/**
 * Drafts what an identify does. Everything is read before anything is drafted, so that a NotReadError leaves the draft as
 * it was. An identify that says nothing new drafts nothing.
 */
export function applyIdentify(draft: IdentityDraft, identify: Identify, now: number): IdentifyResult {
  const { eventKey, key, userId, said, receivedAt } = identify;
  const node = draft.node(key);
  const user = node === undefined ? undefined : draft.rootOf(key);
  const group = said.email === undefined ? undefined : draft.group(normaliseEmail(said.email.value));
  const others = group && othersIn(group, user?.key);
  const [only] = group?.imported.filter((other) => other !== user?.key) ?? [];
  const candidate =
    only !== undefined && others?.imported === 1 && others.users === 0 ? draft.listedRoot(only) : undefined;
  const owner = said.billingId && draft.billingOwner(said.billingId.value);
  const billingOwner = owner === undefined ? undefined : draft.rootOf(owner);
  const email = user && emailOf(user.profile);
  // The email that the user might leave.
  if (email !== undefined && said.email !== undefined) draft.group(email);

  const { row, effect, refusal, taken, notes } = decideIdentify({
    said,
    user,
    group,
    candidate,
    billingOwner,
  });
  draft.actFor(eventKey);
  const before = node?.said ?? {};
  const after = mergeProfiles(before, taken);
  const isClaimed =
    taken.billingId !== undefined &&
    moveBillingClaim(draft, {
      key,
      user,
      before: before.billingId?.value,
      after: after.billingId?.value,
    });
  const root = heard(draft, { node, user, isClaimed, created: { key, userId, taken, receivedAt } });
  let mergeId: string | undefined;
  if (candidate !== undefined && (row === 5 || row === 6) && refusal === undefined) {
    mergeId = mergeIdOf(now, eventKey);
    const { key: survivorKey, userId: survivorId } = root;
    mergeUsers(draft, {
      survivor: root,
      absorbed: candidate,
      record: {
        id: mergeId,
        survivor: { key: survivorKey, userId: survivorId },
        absorbed: { key: candidate.key, userId: candidate.userId },
        cause: 'identify',
        actor: 'identify',
        at: now,
        row,
        eventKey,
      },
    });
  }
  return {
    row,
    effect,
    ...(refusal !== undefined && { refusal }),
    ...(mergeId !== undefined && { mergeId }),
    notes: [...identify.notes, ...notes],
  };
}

/** Drafts the node that heard the event, and the root above it; the user as it then is. */
function heard(
  draft: IdentityDraft,
  {
    node,
    user,
    isClaimed,
    created,
  }: {
    readonly node: UserNode | undefined;
    readonly user: Root | undefined;
    readonly isClaimed: boolean;
    readonly created: {
      readonly key: string;
      readonly userId: string;
      readonly taken: Profile;
      readonly receivedAt: number;
    };
  },
): Root {
  const { key, userId, taken, receivedAt } = created;
  if (node === undefined || user === undefined) {
    const root = newNode({ key, userId }, { said: taken, createdAt: receivedAt });
    putRoot(draft, undefined, root);
    return root;
  }
  const after = hear(node, taken);
  if (after === undefined) {
    // A claim rests on what the user was read to say. Who claims what was said before, and has just been let go by somebody
    // with newer news, would leave it with the user for ever: the version of the root shows that it has changed.
    if (isClaimed) putRoot(draft, user, user);
    return user;
  }
  if (isRoot(after)) {
    putRoot(draft, user, after);
    return after;
  }
  // The root is written even where its profile stays as it is: whoever reads all nodes of a user relies on its version.
  draft.putNode(after);
  const root = hearBelow(user, taken);
  putRoot(draft, user, root);
  return root;
}

const hearBelow = (root: Root, said: Profile): Root => ({
  ...root,
  profile: mergeProfiles(root.profile, said),
});

/** Drafts the user of a track whose userId nobody has: it has just the userId. */
export function applyFirstTrack(draft: IdentityDraft, track: Omit<Identify, 'said' | 'notes'>): void {
  const { eventKey, key, userId, receivedAt } = track;
  if (draft.node(key) !== undefined) return;
  draft.actFor(eventKey);
  putRoot(draft, undefined, newNode({ key, userId }, { said: {}, createdAt: receivedAt }));
}
