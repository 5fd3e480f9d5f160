import { mergeProfiles } from '../user.ts';
import { leaveGroup, replaceInGroup } from './email-group.ts';
import type { IdentityDraft } from './identity-draft.ts';
import type { MergeRecord } from './merge-record.ts';
import { emailOf } from './root-change.ts';
import { MEMBERS_MAX, type Root } from './user-node.ts';

export type MergeObstacle =
  | 'same_user'
  /** An imported user stands for a userId that is not known yet, so it cannot be the canonical one of a user that has one. */
  | 'survivor_is_imported'
  | 'too_many_ids';

export function mergeObstacle(survivor: Root, absorbed: Root): MergeObstacle | undefined {
  if (survivor.key === absorbed.key) return 'same_user';
  if (survivor.importedFrom !== undefined && absorbed.importedFrom === undefined)
    return 'survivor_is_imported';
  if (survivor.members.length + absorbed.members.length + 1 > MEMBERS_MAX) return 'too_many_ids';
  return undefined;
}

/**
 * Drafts the merge of two roots between which there is no obstacle, and returns the survivor after it. Whatever their
 * histories, it changes two nodes, at most two emails, and the record: counters and what was said stay where they are.
 */
export function mergeUsers(
  draft: IdentityDraft,
  {
    survivor,
    absorbed,
    record,
  }: { readonly survivor: Root; readonly absorbed: Root; readonly record: MergeRecord },
): Root {
  const merged: Root = {
    ...survivor,
    profile: mergeProfiles(survivor.profile, absorbed.profile),
    members: [...survivor.members, absorbed.key, ...absorbed.members],
  };
  draft.putNode({
    ...absorbed,
    mergedInto: { key: survivor.key, mergeId: record.id },
    profile: absorbed.said,
    members: [],
  });
  draft.putNode(merged);
  draft.putMerge(record);

  const [ofSurvivor, ofAbsorbed, after] = [survivor, absorbed, merged].map(({ profile }) => emailOf(profile));
  if (ofAbsorbed !== undefined) {
    const group = draft.group(ofAbsorbed);
    // Where the survivor takes the email over, it is nobody new to the group, which stays dismissed if it was.
    draft.putGroup(
      after === ofAbsorbed ? replaceInGroup(group, absorbed.key, merged) : leaveGroup(group, absorbed.key),
    );
  }
  if (ofSurvivor !== undefined && ofSurvivor !== after)
    draft.putGroup(leaveGroup(draft.group(ofSurvivor), survivor.key));
  return merged;
}
