import * as z from 'zod/mini';
import type { EmailGroup } from '../core/identity/email-group.ts';
import { DamagedItemError, readS, readText, S, T, type Item } from './attributes.ts';
import { hashedKeyOf } from './keys.ts';

// Who has an email: one item per email, as it is compared. It is changed and removed under the condition that its members
// are exactly those that were read, which needs no version and cannot mistake one life of the item for another.

const EMAIL_SK = 'e';

export const emailKeyOf = (email: string): string => hashedKeyOf(email);
export const emailItemKey = (email: string) => ({ pk: S(`e#${emailKeyOf(email)}`), sk: S(EMAIL_SK) });
export const emailItemKeyOf = (emailKey: string) => ({ pk: S(`e#${emailKey}`), sk: S(EMAIL_SK) });

const membersSchema = z.object({
  users: z.array(z.string()),
  imported: z.array(z.string()),
  dismissed: z.boolean(),
  overflowed: z.boolean(),
});

/** What conditions compare: the same members in the same order are the same text. */
export const membersText = ({ users, imported, dismissed, overflowed }: EmailGroup): string =>
  JSON.stringify({ users, imported, dismissed, overflowed });

export const toEmailItem = (group: EmailGroup): Item => ({
  ...emailItemKey(group.email),
  em: T(group.email),
  m: S(membersText(group)),
});

export function fromEmailItem(item: Item): EmailGroup {
  const parsed = z.safeParse(membersSchema, JSON.parse(readS(item, 'm')));
  if (!parsed.success) throw new DamagedItemError('The stored users of an email cannot be read.');
  return { email: readText(item, 'em'), ...parsed.data };
}
