import type { Profile } from '../user.ts';
import { joinGroup, leaveGroup, normaliseEmail } from './email-group.ts';
import type { IdentityDraft } from './identity-draft.ts';
import type { Root } from './user-node.ts';

/** The email that a profile has, as it is compared. */
export const emailOf = ({ email }: Profile): string | undefined =>
  email === undefined ? undefined : normaliseEmail(email.value);

/** Drafts a root that is new or has changed, and moves it to the group of its email. */
export function putRoot(draft: IdentityDraft, before: Root | undefined, after: Root): void {
  draft.putNode(after);
  const [from, to] = [before && emailOf(before.profile), emailOf(after.profile)];
  if (from === to) return;
  if (from !== undefined) draft.putGroup(leaveGroup(draft.group(from), after.key));
  if (to !== undefined) draft.putGroup(joinGroup(draft.group(to), after));
}
