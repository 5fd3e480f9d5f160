import type { UserNode } from './user-node.ts';

// The users that have one email. An email is one item, changed under the condition that it has not changed, so that of
// two users who claim an email at the same moment one is first and the other sees it.

export interface EmailGroup {
  /** As compared: trimmed and lower-cased. */
  readonly email: string;
  /** Keys of the roots with this email that have a userId. */
  readonly users: readonly string[];
  /** Keys of the imported ones. */
  readonly imported: readonly string[];
  /** A person has said that these are different people; ends when somebody joins. */
  readonly dismissed: boolean;
  /** More users have had this email than are listed: it is nobody's own, and decides no merge. */
  readonly overflowed: boolean;
}

/** How many users of one email are kept track of. An address that more people have identifies nobody. */
export const GROUP_USERS_MAX = 200;

export const normaliseEmail = (email: string): string => email.trim().toLowerCase();

export const emptyGroup = (email: string): EmailGroup => ({
  email,
  users: [],
  imported: [],
  dismissed: false,
  overflowed: false,
});

export const groupSize = ({ users, imported }: EmailGroup): number => users.length + imported.length;

/** Whether the group is in the box of shared emails. */
export const isFlagged = (group: EmailGroup): boolean => groupSize(group) > 1 && !group.dismissed;

export function joinGroup(group: EmailGroup, { key, importedFrom }: UserNode): EmailGroup {
  if (group.users.includes(key) || group.imported.includes(key)) return group;
  if (groupSize(group) >= GROUP_USERS_MAX) return { ...group, overflowed: true };
  return {
    ...group,
    ...(importedFrom === undefined
      ? { users: [...group.users, key] }
      : { imported: [...group.imported, key] }),
    dismissed: false,
  };
}

export const leaveGroup = (group: EmailGroup, key: string): EmailGroup => ({
  ...group,
  users: group.users.filter((other) => other !== key),
  imported: group.imported.filter((other) => other !== key),
});

/** The same place in the group for another user: after a merge the survivor stands where the absorbed stood. */
export function replaceInGroup(group: EmailGroup, absorbed: string, survivor: UserNode): EmailGroup {
  const { dismissed } = group;
  return { ...joinGroup(leaveGroup(group, absorbed), survivor), dismissed };
}
