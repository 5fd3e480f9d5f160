import * as z from 'zod/mini';
import type { UserNode } from '../core/identity/user-node.ts';
import { sameProfile, type Profile } from '../core/user.ts';
import { DamagedItemError, N, readN, readOptionalS, readS, readText, S, T, type Item } from './attributes.ts';
import { contentHashOf, keyPartOf } from './keys.ts';

// A user's node (core/identity/user-node.ts). Its key is derived from the user id, so two concurrent creations meet in one
// item and one of them learns that it was second.

export const userKeyPk = (userKey: string): string => `u#${userKey}`;
export const userPk = (userId: string): string => userKeyPk(keyPartOf(userId));
export const USER_SK = 'n';

const fieldSchema = z.object({ value: z.string(), time: z.number(), source: z.string() });
const profileSchema = z.object({
  name: z.optional(fieldSchema),
  email: z.optional(fieldSchema),
  billingId: z.optional(fieldSchema),
});
const keysSchema = z.array(z.string());

// JSON text, which is ASCII-safe for lone surrogates and needs no attribute names chosen by us per field.
const json = (value: unknown) => S(JSON.stringify(value));

/** Of a node as it is to be stored: what was stored of it before plays no part. */
export function toUserItem(node: UserNode): Item {
  const item = unhashedItem(node);
  return { ...item, h: S(contentHashOf(JSON.stringify(item))) };
}

function unhashedItem(node: UserNode): Item {
  const { said, profile, importedFrom, mergedInto, members, undoneMerges, apartFrom } = node;
  return {
    pk: S(userKeyPk(node.key)),
    sk: S(USER_SK),
    id: T(node.userId),
    p: json(said),
    ca: N(node.createdAt),
    v: N(node.version),
    ...(mergedInto === undefined && !sameProfile(said, profile) && { c: json(profile) }),
    ...(importedFrom !== undefined && { im: T(importedFrom) }),
    ...(mergedInto !== undefined && { to: S(mergedInto.key), mi: S(mergedInto.mergeId) }),
    ...(members.length > 0 && { mb: json(members) }),
    ...(undoneMerges.length > 0 && { um: json(undoneMerges) }),
    ...(apartFrom.length > 0 && { ap: json(apartFrom) }),
  };
}

/**
 * The condition under which a change of a node is written: it still is exactly what was read. Its version and its beginning
 * would not tell, because an id that is erased may begin another life with an event of the very same arrival, and whoever
 * has read the life before it would write what followed from that into this one.
 */
export const stillAsRead = ({ storedHash, version, createdAt }: UserNode) =>
  storedHash === undefined
    ? {
        ConditionExpression: 'attribute_not_exists(h) AND v = :v AND ca = :ca',
        ExpressionAttributeValues: { ':v': N(version), ':ca': N(createdAt) },
      }
    : { ConditionExpression: 'h = :h', ExpressionAttributeValues: { ':h': S(storedHash) } };

export function fromUserItem(item: Item): UserNode {
  const storedHash = readOptionalS(item, 'h');
  const said = readProfile(item, 'p');
  const mergeId = readOptionalS(item, 'mi');
  return {
    key: readS(item, 'pk').slice(userKeyPk('').length),
    userId: readText(item, 'id'),
    said,
    profile: item['c'] === undefined ? said : readProfile(item, 'c'),
    createdAt: readN(item, 'ca'),
    version: readN(item, 'v'),
    ...(storedHash !== undefined && { storedHash }),
    ...(item['im'] !== undefined && { importedFrom: readText(item, 'im') }),
    ...(mergeId !== undefined && { mergedInto: { key: readS(item, 'to'), mergeId } }),
    members: readKeys(item, 'mb'),
    undoneMerges: readKeys(item, 'um'),
    apartFrom: readKeys(item, 'ap'),
  };
}

function readProfile(item: Item, name: string): Profile {
  const parsed = z.safeParse(profileSchema, JSON.parse(readS(item, name)));
  if (!parsed.success) throw new DamagedItemError('The stored profile of a user cannot be read.');
  const { name: named, email, billingId } = parsed.data;
  return { ...(named && { name: named }), ...(email && { email }), ...(billingId && { billingId }) };
}

function readKeys(item: Item, name: string): readonly string[] {
  const text = readOptionalS(item, name);
  if (text === undefined) return [];
  const parsed = z.safeParse(keysSchema, JSON.parse(text));
  if (!parsed.success) throw new DamagedItemError('The stored links of a user cannot be read.');
  return parsed.data;
}
