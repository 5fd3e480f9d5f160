import { fieldLookup } from './field-lookup.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
import type { RulesetSettings } from './ruleset.ts';

// A user, and what an identify does to it. Each profile field remembers when it was said and by which event, so that
// identifies can arrive in any order, twice, or years late, and the user comes out the same.

export interface ProfileField {
  readonly value: string;
  /** Epoch milliseconds: the corrected timestamp of the event that said so. */
  readonly time: number;
  /** The event that said so. Also breaks ties between equal times, so that the order of arrival never matters. */
  readonly source: string;
}

export const PROFILE_FIELDS = ['name', 'email', 'billingId'] as const;
export type ProfileFieldName = (typeof PROFILE_FIELDS)[number];
export type Profile = { readonly [Name in ProfileFieldName]?: ProfileField };

export interface User {
  readonly userId: string;
  readonly profile: Profile;
  /** Epoch milliseconds of the arrival of the first event that mentioned this user. */
  readonly createdAt: number;
  /** Grows by one with every change; what a concurrent change is detected by. */
  readonly version: number;
}

export type IdentifyNote = 'billing_id_not_recognised';

export interface ProfileUpdate {
  readonly profile: Profile;
  readonly notes: readonly IdentifyNote[];
}

const traitsOf = fieldLookup('traits');
const contextOf = fieldLookup('context');
const nameOf = fieldLookup('name');
const firstNameOf = fieldLookup('firstName');
const lastNameOf = fieldLookup('lastName');
const emailOf = fieldLookup('email');
const billingUserIdOf = fieldLookup('billingUserId');
const billingIdOf = fieldLookup('billingId');

/** What one identify says about its user. A missing, null, empty or non-text trait says nothing: it never blanks a field. */
export function profileFromIdentify(
  payload: JsonObject,
  at: { readonly time: number; readonly source: string },
  settings: RulesetSettings,
): ProfileUpdate {
  const traits = traitsOf(payload) ?? null;
  if (!isJsonObject(traits) || isEngage(payload)) return { profile: {}, notes: [] };
  const said = (value: string | undefined): ProfileField | undefined =>
    value === undefined ? undefined : { value, ...at };
  const name = said(text(nameOf(traits)) ?? joinNames(traits));
  const email = said(text(emailOf(traits)));
  const billing = text(billingUserIdOf(traits)) ?? text(billingIdOf(traits));
  const recognised = billing === undefined || billing.startsWith('cus_') || settings.chargebee;
  const billingId = recognised ? said(billing) : undefined;
  return {
    profile: { ...(name && { name }), ...(email && { email }), ...(billingId && { billingId }) },
    notes: recognised ? [] : ['billing_id_not_recognised'],
  };
}

/** Engage sends audiences and computed traits as identifies; their traits are not the person's name, email or billing id. */
function isEngage(payload: JsonObject): boolean {
  const context = contextOf(payload) ?? null;
  return isJsonObject(context) && isJsonObject(context['personas']);
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function joinNames(traits: JsonObject): string | undefined {
  const parts = [text(firstNameOf(traits)), text(lastNameOf(traits))].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(' ');
}

/** For each field the newer word; at equal times the larger source, so that merging is commutative and idempotent. */
export function mergeProfiles(left: Profile, right: Profile): Profile {
  const merged: { [Name in ProfileFieldName]?: ProfileField } = {};
  for (const name of PROFILE_FIELDS) {
    const field = newer(left[name], right[name]);
    if (field !== undefined) merged[name] = field;
  }
  return merged;
}

function newer(left: ProfileField | undefined, right: ProfileField | undefined): ProfileField | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.time !== right.time) return left.time > right.time ? left : right;
  return left.source >= right.source ? left : right;
}

/**
 * The user after what was said, or undefined when nothing changes. An unknown user is created even by an event that
 * says nothing about it: a track before the first identify.
 */
export function changeUser(
  user: User | undefined,
  said: { readonly userId: string; readonly profile: Profile; readonly receivedAt: number },
): User | undefined {
  if (user === undefined) {
    return { userId: said.userId, profile: said.profile, createdAt: said.receivedAt, version: 1 };
  }
  const profile = mergeProfiles(user.profile, said.profile);
  // The source too: of three identifies at one time, two may say the same, and the larger source decides about the third.
  const changed = PROFILE_FIELDS.some((name) => {
    const [before, after] = [user.profile[name], profile[name]];
    return before?.value !== after?.value || before?.time !== after?.time || before?.source !== after?.source;
  });
  return changed ? { ...user, profile, version: user.version + 1 } : undefined;
}
