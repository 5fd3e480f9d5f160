import * as z from 'zod/mini';
import {
  emptyGroup,
  joinGroup,
  normaliseEmail,
  type EmailGroup,
} from '../../../core/identity/email-group.ts';
import { IdentityDraft } from '../../../core/identity/identity-draft.ts';
import { isRoot, newNode, type UserNode } from '../../../core/identity/user-node.ts';
import type { Profile } from '../../../core/user.ts';

// Users as a case writes them: an id, what was said and when, and what it was merged into.

export const usersSchema = z.array(
  z.object({
    id: z.string(),
    imported: z.optional(z.boolean()),
    time: z.optional(z.number()),
    name: z.optional(z.string()),
    email: z.optional(z.string()),
    billingId: z.optional(z.string()),
    mergedInto: z.optional(z.string()),
    apartFrom: z.optional(z.array(z.string())),
  }),
);
export type CaseUser = z.infer<typeof usersSchema>[number];

/** Everything that is not there was read and is not stored: a case may name any email and billing id. */
function allRead<Value>(): Map<string, Value | undefined> {
  const known = new Map<string, Value | undefined>();
  known.has = () => true;
  return known;
}

export function draftOf(users: readonly CaseUser[]): IdentityDraft {
  const nodes = allRead<UserNode>();
  const emails = allRead<EmailGroup>();
  const claims = allRead<string>();
  for (const { id, imported, time = 10, name, email, billingId, mergedInto, apartFrom = [] } of users) {
    const field = (value: string) => ({ value, time, source: `of ${id}` });
    const said: Profile = {
      ...(name !== undefined && { name: field(name) }),
      ...(email !== undefined && { email: field(email) }),
      ...(billingId !== undefined && { billingId: field(billingId) }),
    };
    const root = newNode(
      { key: id, userId: id },
      { said, createdAt: time, ...(imported === true && { importedFrom: `csv:${id}` }) },
    );
    const node: UserNode = {
      ...root,
      apartFrom,
      ...(mergedInto !== undefined && { mergedInto: { key: mergedInto, mergeId: 'mrg' } }),
      members: users.flatMap((other) => (other.mergedInto === id ? [other.id] : [])),
    };
    nodes.set(id, node);
    if (billingId !== undefined) claims.set(billingId, id);
    if (email === undefined || !isRoot(node)) continue;
    const address = normaliseEmail(email);
    emails.set(address, joinGroup(emails.get(address) ?? emptyGroup(address), node));
  }
  return new IdentityDraft({ nodes, emails, claims });
}

/** What became of these ids: the fields of each root, and what was merged into it; of others, where they lead. */
export function stateOf(draft: IdentityDraft, ids: readonly string[]): Record<string, unknown> {
  const state: Record<string, unknown> = {};
  for (const id of ids) {
    const node = draft.node(id);
    if (node === undefined) continue;
    const { name, email, billingId } = node.profile;
    const address = email && normaliseEmail(email.value);
    const group = address === undefined ? undefined : draft.group(address);
    const others = group === undefined ? 0 : group.users.length + group.imported.length - 1;
    state[id] = isRoot(node)
      ? {
          ...(name && { name: name.value }),
          ...(email && { email: email.value }),
          ...(billingId && { billingId: billingId.value }),
          ...(node.members.length > 0 && { members: node.members }),
          ...(others > 0 && { sharesEmailWith: others }),
        }
      : { mergedInto: node.mergedInto?.key };
  }
  return state;
}
