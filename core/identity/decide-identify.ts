import { newerField, type IdentifyNote, type Profile, type ProfileField } from '../user.ts';
import { normaliseEmail, type EmailGroup } from './email-group.ts';
import { mergeObstacle } from './merge-users.ts';
import { keysOfUser, type Root } from './user-node.ts';

// The decision table of identify (docs/identity.md), and the rules for billing ids. What is known about the email and the
// billing id comes in; the row that applies, and what to do, comes out.

export type IdentifyRow = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
export type IdentifyEffect = 'create' | 'update' | 'adopt' | 'merge';
/** Why row 9 applies. */
export type MergeRefusal = 'different_billing_ids' | 'merge_undone' | 'too_many_ids';

export interface IdentifySituation {
  /** What the event says. */
  readonly said: Profile;
  /** Whose the userId is; undefined when it is unknown. */
  readonly user: Root | undefined;
  /** The users of the email that the event names. */
  readonly group: EmailGroup | undefined;
  /** The imported user of that email, where exactly one user other than `user` has it and that one is imported. */
  readonly candidate: Root | undefined;
  /** The user that has the billing id which the event names. */
  readonly billingOwner: Root | undefined;
}

export interface IdentifyDecision {
  readonly row: IdentifyRow;
  readonly effect: IdentifyEffect;
  readonly refusal?: MergeRefusal;
  /** What of the event's words is taken. */
  readonly taken: Profile;
  readonly notes: readonly IdentifyNote[];
}

export function decideIdentify(situation: IdentifySituation): IdentifyDecision {
  const { said, user, group, candidate, billingOwner } = situation;
  const standing = user === undefined ? 'create' : 'update';
  const decision = rowOf(situation, standing);
  const isMerged = decision.effect === 'adopt' || decision.effect === 'merge';
  const isTaken =
    billingOwner === undefined ||
    billingOwner.key === user?.key ||
    (isMerged && billingOwner.key === candidate?.key);
  const { billingId: _, ...withoutBillingId } = said;
  const isStale =
    group !== undefined && user !== undefined && isNewer(user.profile.email, said.email) && !isMerged;
  return {
    ...decision,
    taken: isTaken ? said : withoutBillingId,
    notes: [
      ...(isTaken ? [] : (['billing_id_taken'] as const)),
      ...(isStale ? (['email_is_older'] as const) : []),
    ],
  };
}

type RowDecision = Pick<IdentifyDecision, 'row' | 'effect' | 'refusal'>;

function rowOf(situation: IdentifySituation, standing: 'create' | 'update'): RowDecision {
  const { user, group, candidate } = situation;
  const isKnown = user !== undefined;
  if (group === undefined) return { row: isKnown ? 2 : 1, effect: standing };
  const others = othersIn(group, user?.key);
  if (others.imported === 0 && (others.users > 0 || group.overflowed)) return { row: 7, effect: standing };
  if (others.imported === 0) return { row: isKnown ? 4 : 3, effect: standing };
  if (others.imported > 1 || others.users > 0 || group.overflowed || candidate === undefined)
    return { row: 8, effect: standing };
  const refusal = refusalOf(situation, candidate);
  if (refusal !== undefined) return { row: 9, effect: standing, refusal };
  return isKnown ? { row: 6, effect: 'merge' } : { row: 5, effect: 'adopt' };
}

/** How many others have the email. */
export function othersIn(
  group: EmailGroup,
  userKey: string | undefined,
): { users: number; imported: number } {
  const notSelf = (key: string): boolean => key !== userKey;
  return { users: group.users.filter(notSelf).length, imported: group.imported.filter(notSelf).length };
}

function refusalOf({ said, user }: IdentifySituation, candidate: Root): MergeRefusal | undefined {
  // The billing id that the user has once the event is heard. One that belongs to somebody else counts here too: the event
  // says that this person is not the one whom the imported billing id means.
  const [theirs, ours] = [candidate.profile.billingId, newerField(user?.profile.billingId, said.billingId)];
  if (theirs !== undefined && ours !== undefined && theirs.value !== ours.value)
    return 'different_billing_ids';
  if (user === undefined) return undefined;
  const ids = keysOfUser(user);
  if (candidate.apartFrom.some((key) => ids.includes(key))) return 'merge_undone';
  return mergeObstacle(user, candidate) === 'too_many_ids' ? 'too_many_ids' : undefined;
}

/** Whether the user's email is another than the event's, and a later word. */
const isNewer = (field: ProfileField | undefined, than: ProfileField | undefined): boolean =>
  field !== undefined &&
  than !== undefined &&
  normaliseEmail(field.value) !== normaliseEmail(than.value) &&
  newerField(field, than) === field;
