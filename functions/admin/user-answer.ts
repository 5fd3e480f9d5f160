import type { EventRecord } from '../../adapters/event-item.ts';
import type { UserNode } from '../../core/identity/user-node.ts';
import { PROFILE_FIELDS, type ProfileFieldName } from '../../core/user.ts';
import { toIso } from '../../core/timestamp.ts';

export function toUserAnswer({ userId, profile, createdAt }: UserNode) {
  const billingId = profile.billingId?.value ?? null;
  return {
    userId,
    userIds: [userId],
    name: profile.name?.value ?? null,
    email: profile.email?.value ?? null,
    billingId,
    billingProvider: providerOf(billingId),
    createdAt: toIso(createdAt),
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
