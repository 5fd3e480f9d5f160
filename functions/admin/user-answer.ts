import type { EventRecord } from '../../adapters/event-item.ts';
import type { UserStore } from '../../adapters/user-store.ts';
import { EMPTY_ENGAGE, isMember, type EngageProfile, type Mark } from '../../core/engage.ts';
import { isFlagged } from '../../core/identity/email-group.ts';
import { emailOf } from '../../core/identity/root-change.ts';
import type { UserNode } from '../../core/identity/user-node.ts';
import { PROFILE_FIELDS, type ProfileFieldName } from '../../core/user.ts';
import { toIso } from '../../core/timestamp.ts';

export interface UserDetails {
  readonly userIds: readonly string[];
  readonly engage: EngageProfile;
  readonly sharesEmail: boolean;
}

/** `details` are what the user's own item does not hold. */
function toUserAnswer({ userId, profile, createdAt, importedFrom }: UserNode, details: UserDetails) {
  const billingId = profile.billingId?.value ?? null;
  return {
    userId,
    userIds: details.userIds,
    imported: importedFrom !== undefined,
    name: profile.name?.value ?? null,
    email: profile.email?.value ?? null,
    billingId,
    billingProvider: providerOf(billingId),
    createdAt: toIso(createdAt),
    ...toEngageAnswer(details.engage),
    flags: [
      ...(billingId === null ? (['missing_billing'] as const) : []),
      ...(details.sharesEmail ? (['shared_email'] as const) : []),
    ],
  };
}

export type UserAnswer = ReturnType<typeof toUserAnswer>;

/** These users as the API shows them, with few reads for all of them together. */
export async function toUserAnswers(users: UserStore, roots: readonly UserNode[]): Promise<UserAnswer[]> {
  const emailsOf = ({ profile }: UserNode): readonly string[] => {
    const email = emailOf(profile);
    return email === undefined ? [] : [email];
  };
  const [userIds, engage, { emails }] = await Promise.all([
    users.userIdsOf(roots),
    users.engageOf(roots),
    users.groupsAndClaims(roots.flatMap(emailsOf), []),
  ]);
  return roots.map((root) =>
    toUserAnswer(root, {
      userIds: userIds.get(root.key) ?? [root.userId],
      engage: engage.get(root.key) ?? EMPTY_ENGAGE,
      sharesEmail: emailsOf(root).some((email) => {
        const group = emails.get(email);
        return group !== undefined && isFlagged(group);
      }),
    }),
  );
}

/** A JSON value of any shape, as the schema has it: its own type is too deep for the router's. */
interface TraitAnswer {
  value: unknown;
  at: string;
}

function toEngageAnswer({ audiences, computedTraits }: EngageProfile) {
  const at = (mark: Mark): string => toIso(mark.time);
  return {
    audiences: Object.fromEntries(
      [...audiences].map(([name, audience]) => [
        name,
        {
          member: isMember(audience),
          ...(audience.entered && { enteredAt: at(audience.entered) }),
          ...(audience.exited && { exitedAt: at(audience.exited) }),
        },
      ]),
    ),
    computedTraits: Object.fromEntries(
      [...computedTraits].map(([name, { value, ...mark }]): [string, TraitAnswer] => [
        name,
        { value, at: at(mark) },
      ]),
    ),
  };
}

/** Stripe's customer ids begin with `cus_`; others are only taken where Chargebee is switched on. */
const providerOf = (billingId: string | null): 'stripe' | 'chargebee' | null =>
  billingId === null ? null : billingId.startsWith('cus_') ? 'stripe' : 'chargebee';

/** Which event said each field. `events` are by their keys, as far as they are stored. */
export function toSourcesAnswer({ profile }: UserNode, events: ReadonlyMap<string, EventRecord>) {
  const sources: { [Name in ProfileFieldName]?: { at: string; messageId?: string } } = {};
  for (const name of PROFILE_FIELDS) {
    const field = profile[name];
    if (field === undefined) continue;
    const messageId = events.get(field.source)?.messageId;
    sources[name] = { at: toIso(field.time), ...(messageId !== undefined && { messageId }) };
  }
  return sources;
}
