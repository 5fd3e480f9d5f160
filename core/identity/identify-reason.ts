import type { IdentifyRow, MergeRefusal } from './decide-identify.ts';

const ROWS: Record<Exclude<IdentifyRow, 9>, string> = {
  1: 'The event names no email, and nobody has the userId: a user is created.',
  2: 'The event names no email, and the userId is known: the user is updated.',
  3: 'Nobody has the userId or the email: a user is created.',
  4: 'The userId is known, and nobody else has the email: the user is updated.',
  5: 'Nobody has the userId, and exactly one imported user has the email: that user gets the userId.',
  6: 'Exactly one imported user has the email: it is merged into the user.',
  7: 'Only users with other userIds have the email: nobody is merged, and the shared email is flagged.',
  8: 'Several users have the email, at least one of them imported: which is meant is not certain, so nobody is merged, and the shared email is flagged.',
};

const REFUSALS: Record<MergeRefusal, string> = {
  different_billing_ids:
    'One imported user has the email, but both sides have a billing id and they differ: nobody is merged, and the shared email is flagged.',
  merge_undone:
    'One imported user has the email, but a person has undone their merge before: nobody is merged, and the shared email is flagged.',
  too_many_ids:
    'One imported user has the email, but the user has as many ids as a user can have: nobody is merged, and the shared email is flagged.',
};

/** Why this row of the table applied, for a person. */
export const identifyReason = (row: IdentifyRow, refusal: MergeRefusal | undefined): string =>
  row === 9 ? REFUSALS[refusal ?? 'different_billing_ids'] : ROWS[row];
