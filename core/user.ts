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

/** Why something that an identify says was not taken. */
export type IdentifyNote =
  | 'billing_id_not_recognised'
  | 'billing_id_too_long'
  | 'billing_id_taken'
  | 'email_too_long'
  | 'email_is_older'
  | 'name_too_long';

/** As long as an address may be (RFC 5321: 64 before the @, 255 behind it). */
export const EMAIL_LENGTH_MAX = 320;
export const NAME_LENGTH_MAX = 1_000;
export const BILLING_ID_LENGTH_MAX = 256;

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
  const said = (value: string): ProfileField => ({ value, ...at });
  const name = text(nameOf(traits)) ?? joinNames(traits);
  const email = text(emailOf(traits));
  const billing = text(billingUserIdOf(traits)) ?? text(billingIdOf(traits));
  const notes: IdentifyNote[] = [];
  /** The field, unless it is `refused`; then the note says so. */
  const take = (value: string | undefined, refused: boolean, note: IdentifyNote) => {
    if (value === undefined) return undefined;
    if (!refused) return said(value);
    notes.push(note);
    return undefined;
  };
  const profile: Record<ProfileFieldName, ProfileField | undefined> = {
    name: take(name, (name?.length ?? 0) > NAME_LENGTH_MAX, 'name_too_long'),
    email: take(email, (email?.trim().length ?? 0) > EMAIL_LENGTH_MAX, 'email_too_long'),
    billingId:
      (billing?.length ?? 0) > BILLING_ID_LENGTH_MAX
        ? take(billing, true, 'billing_id_too_long')
        : take(billing, !isBillingId(billing ?? '', settings), 'billing_id_not_recognised'),
  };
  return { profile: withoutGaps(profile), notes };
}

const withoutGaps = ({
  name,
  email,
  billingId,
}: Record<ProfileFieldName, ProfileField | undefined>): Profile => ({
  ...(name && { name }),
  ...(email && { email }),
  ...(billingId && { billingId }),
});

/** Stripe's customer ids begin with `cus_`; anything else is Chargebee's, where Chargebee is switched on. */
export const isBillingId = (id: string, settings: RulesetSettings): boolean =>
  id.startsWith('cus_') || settings.chargebee;

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
    const field = newerField(left[name], right[name]);
    if (field !== undefined) merged[name] = field;
  }
  return merged;
}

/** The later word; at equal times that of the larger source. */
export function newerField(
  left: ProfileField | undefined,
  right: ProfileField | undefined,
): ProfileField | undefined {
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
