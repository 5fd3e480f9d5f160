import * as z from 'zod/mini';
import type { User } from '../core/user.ts';
import { DamagedItemError, N, readN, readS, readText, S, T, type Item } from './attributes.ts';
import { keyPartOf } from './keys.ts';

// A user's node. Its key is derived from the user id, so two concurrent creations meet in one item and one of them
// learns that it was second.

export const userPk = (userId: string): string => `u#${keyPartOf(userId)}`;
export const USER_SK = 'n';

const fieldSchema = z.object({ value: z.string(), time: z.number(), source: z.string() });
const profileSchema = z.object({
  name: z.optional(fieldSchema),
  email: z.optional(fieldSchema),
  billingId: z.optional(fieldSchema),
});

export function toUserItem(user: User): Item {
  return {
    pk: S(userPk(user.userId)),
    sk: S(USER_SK),
    id: T(user.userId),
    // As JSON text, which is ASCII-safe for lone surrogates and needs no attribute names chosen by us per field.
    p: S(JSON.stringify(user.profile)),
    ca: N(user.createdAt),
    v: N(user.version),
  };
}

export function fromUserItem(item: Item): User {
  const parsed = z.safeParse(profileSchema, JSON.parse(readS(item, 'p')));
  if (!parsed.success) throw new DamagedItemError('The stored profile of a user cannot be read.');
  const { name, email, billingId } = parsed.data;
  return {
    userId: readText(item, 'id'),
    profile: { ...(name && { name }), ...(email && { email }), ...(billingId && { billingId }) },
    createdAt: readN(item, 'ca'),
    version: readN(item, 'v'),
  };
}
