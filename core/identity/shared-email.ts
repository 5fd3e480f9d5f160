import { groupSize, type EmailGroup } from './email-group.ts';
import type { Root } from './user-node.ts';

export const SHARED_EMAIL_REASONS = ['shared_email', 'several_candidates', 'different_billing_ids'] as const;
export type SharedEmailReason = (typeof SHARED_EMAIL_REASONS)[number];

/**
 * Why nobody was merged in a group: rows 7, 8 and 9 of the table. Read off the group as it is now, so that it stays true
 * when a billing id is filled in or somebody leaves.
 */
export function sharedEmailReason(
  group: EmailGroup,
  users: readonly Root[],
): { readonly reason: SharedEmailReason; readonly message: string } {
  if (group.imported.length === 0)
    return { reason: 'shared_email', message: 'Several users with ids of their own have this email.' };
  if (groupSize(group) > 2 || group.imported.length > 1) {
    return {
      reason: 'several_candidates',
      message:
        'Several users have this email, at least one of them imported: which of them belong together is not certain.',
    };
  }
  const ids = users.flatMap(({ profile }) => profile.billingId?.value ?? []);
  return new Set(ids).size > 1
    ? {
        reason: 'different_billing_ids',
        message: 'An imported user and another have this email, and their billing ids differ.',
      }
    : {
        reason: 'shared_email',
        message:
          'An imported user and another have this email, and nothing has merged them: they were imported or separated since.',
      };
}
