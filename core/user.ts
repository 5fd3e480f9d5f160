import { isEngage } from './engage.ts';
import { fieldLookup } from './field-lookup.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
import type { RulesetSettings } from './ruleset.ts';

// What an identify says about its user. Each profile field remembers when it was said and by which event, so that
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

export type IdentifyNote = 'billing_id_not_recognised';

export interface ProfileUpdate {
  readonly profile: Profile;
  readonly notes: readonly IdentifyNote[];
}

const traitsOf = fieldLookup('traits');
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

/** Whether two profiles are the same to the source: of three words at one time, the larger source decides. */
export const sameProfile = (left: Profile, right: Profile): boolean =>
  PROFILE_FIELDS.every((name) => {
    const [a, b] = [left[name], right[name]];
    return a?.value === b?.value && a?.time === b?.time && a?.source === b?.source;
  });
