import { fieldLookup } from './field-lookup.ts';
import { isJsonObject, ownValue, type JsonObject, type JsonValue } from './json-value.ts';
import type { EventType } from './segment-event.ts';

// What Segment Engage says about a person: audiences that the person is in or has left, and computed traits. It arrives
// as identifies and as tracks (Segment's documentation, "Using your Engage data"), about each user once at first and then
// at every change, in no certain order. So each word is kept with its time and source, and the newer word wins, as with
// the fields of a profile (core/user.ts). Leaving an audience is a word too: nothing here removes anything.

/** When something was said, and by which event. The source breaks ties, so that the order of arrival never matters. */
export interface Mark {
  /** Epoch milliseconds: the corrected timestamp of the event. */
  readonly time: number;
  readonly source: string;
}

/** The latest word for being in an audience, and the latest for having left it. */
export interface Audience {
  readonly entered?: Mark;
  readonly exited?: Mark;
}

export interface ComputedTrait extends Mark {
  readonly value: JsonValue;
}

export interface EngageProfile {
  readonly audiences: ReadonlyMap<string, Audience>;
  readonly computedTraits: ReadonlyMap<string, ComputedTrait>;
}

export type EngageWord =
  | { readonly kind: 'audience'; readonly name: string; readonly member: boolean }
  | { readonly kind: 'trait'; readonly name: string; readonly value: JsonValue };

export type EngageNote =
  /** Engage names an audience or a trait, and the event has no value for it that could be kept. */
  | 'engage_value_missing'
  | 'engage_name_too_long'
  | 'engage_value_too_large'
  /** The user has as many as are kept; those that came first stay. */
  | 'engage_audiences_full'
  | 'engage_traits_full';

export interface EngageUpdate {
  readonly word?: EngageWord;
  readonly note?: EngageNote;
}

export const EMPTY_ENGAGE: EngageProfile = { audiences: new Map(), computedTraits: new Map() };

// Together they keep a user's item well under the 400 KB of DynamoDB, with every character written as an escape.
export const AUDIENCES_MAX = 200;
export const COMPUTED_TRAITS_MAX = 100;
/** Of the name of an audience or a trait, in UTF-16 units. Segment's own names are shorter. */
export const ENGAGE_NAME_LENGTH_MAX = 100;
/** Of a trait's value as JSON, in UTF-16 units. */
export const TRAIT_VALUE_LENGTH_MAX = 1_000;

const contextOf = fieldLookup('context');
const traitsOf = fieldLookup('traits');
const propertiesOf = fieldLookup('properties');

const TRACK_KEYS = new Map([
  ['Audience Entered', 'audience_key'],
  ['Audience Exited', 'audience_key'],
  ['Trait Computed', 'trait_key'],
]);

/** What one event says in Engage's name; undefined for every other event. */
export function engageUpdateOf(
  type: EventType,
  name: string | undefined,
  payload: JsonObject,
): EngageUpdate | undefined {
  const personas = personasOf(payload);
  const trackKey = type === 'track' ? TRACK_KEYS.get(name ?? '') : undefined;
  if (personas === undefined && trackKey === undefined) return undefined;
  const values = (type === 'track' ? propertiesOf(payload) : traitsOf(payload)) ?? null;
  const saidOf = isJsonObject(values) ? values : {};
  const kind = kindOf(personas, trackKey);
  if (kind === undefined) return undefined;
  const key = keyOf(personas, saidOf, kind);
  const value = key === undefined ? undefined : ownValue(saidOf, key);
  if (key === undefined || value === undefined || (kind !== 'trait' && typeof value !== 'boolean')) {
    // The steps of a journey are events of their own, and most have no membership to tell.
    return kind === 'journey_step' ? {} : { note: 'engage_value_missing' };
  }
  if (key.length > ENGAGE_NAME_LENGTH_MAX) return { note: 'engage_name_too_long' };
  if (kind !== 'trait') return { word: { kind: 'audience', name: key, member: value === true } };
  return isTooLarge(value)
    ? { note: 'engage_value_too_large' }
    : { word: { kind: 'trait', name: key, value } };
}

/** Whether Engage sent it: its traits are then not the person's name, email or billing id. */
export const isEngage = (payload: JsonObject): boolean => personasOf(payload) !== undefined;

function personasOf(payload: JsonObject): JsonObject | undefined {
  const context = contextOf(payload);
  if (!isJsonObject(context)) return undefined;
  const personas = ownValue(context, 'personas');
  return isJsonObject(personas) ? personas : undefined;
}

/** Segment's own rule for memberships: class audience or journey_step, and a boolean at the key. */
function kindOf(
  personas: JsonObject | undefined,
  trackKey: string | undefined,
): 'audience' | 'journey_step' | 'trait' | undefined {
  if (personas === undefined) return trackKey === 'trait_key' ? 'trait' : 'audience';
  const computation = ownValue(personas, 'computation_class');
  if (computation === 'audience' || computation === 'journey_step' || computation === 'trait')
    return computation;
  return undefined;
}

function keyOf(
  personas: JsonObject | undefined,
  values: JsonObject,
  kind: 'audience' | 'journey_step' | 'trait',
): string | undefined {
  const inProperties = kind === 'trait' ? 'trait_key' : 'audience_key';
  for (const key of [personas && ownValue(personas, 'computation_key'), ownValue(values, inProperties)])
    if (typeof key === 'string' && key !== '') return key;
  // Some destinations strip the key. What is left when the identifier is taken away can only be the one thing computed.
  const others = Object.keys(values).filter((key) => key !== 'email');
  return others.length === 1 ? others[0] : undefined;
}

function isTooLarge(value: JsonValue): boolean {
  if (typeof value === 'string' && value.length > TRAIT_VALUE_LENGTH_MAX) return true;
  try {
    return JSON.stringify(value).length > TRAIT_VALUE_LENGTH_MAX;
  } catch {
    return true; // nested too deep to be written
  }
}

export const isMember = ({ entered, exited }: Audience): boolean =>
  entered !== undefined && newer(entered, exited) === entered;

export interface EngageChange {
  readonly profile: EngageProfile;
  /** Whether anything is different now. */
  readonly changed: boolean;
  readonly note?: EngageNote;
}

/** The profile after one more word. Words in any order, and repeated, give the same profile within the bounds. */
export function addEngageWord(profile: EngageProfile, word: EngageWord, mark: Mark): EngageChange {
  const { name } = word;
  if (word.kind === 'audience') {
    const before = profile.audiences.get(name);
    if (before === undefined && profile.audiences.size >= AUDIENCES_MAX)
      return { profile, changed: false, note: 'engage_audiences_full' };
    const side = word.member ? 'entered' : 'exited';
    if (newer(mark, before?.[side]) !== mark) return { profile, changed: false };
    const audiences = new Map(profile.audiences).set(name, { ...before, [side]: mark });
    return { profile: { ...profile, audiences }, changed: true };
  }
  const before = profile.computedTraits.get(name);
  if (before === undefined && profile.computedTraits.size >= COMPUTED_TRAITS_MAX)
    return { profile, changed: false, note: 'engage_traits_full' };
  if (newer(mark, before) !== mark) return { profile, changed: false };
  const computedTraits = new Map(profile.computedTraits).set(name, { value: word.value, ...mark });
  return { profile: { ...profile, computedTraits }, changed: true };
}

/** What was said about several ids of one person, as one. */
export function mergeEngage(profiles: readonly EngageProfile[]): EngageProfile {
  const audiences = new Map<string, Audience>();
  const computedTraits = new Map<string, ComputedTrait>();
  for (const profile of profiles) {
    for (const [name, { entered, exited }] of profile.audiences) {
      const known = audiences.get(name);
      const latest = { entered: newer(entered, known?.entered), exited: newer(exited, known?.exited) };
      audiences.set(name, {
        ...(latest.entered && { entered: latest.entered }),
        ...(latest.exited && { exited: latest.exited }),
      });
    }
    for (const [name, trait] of profile.computedTraits)
      computedTraits.set(name, newer(trait, computedTraits.get(name)) ?? trait);
  }
  return { audiences, computedTraits };
}

/** The newer of two; `left` only when it is newer than `right`, so that a repeated word changes nothing. */
function newer<Left extends Mark | undefined>(left: Left, right: Left): Left {
  if (left === undefined || right === undefined) return left ?? right;
  if (left.time !== right.time) return left.time > right.time ? left : right;
  return left.source > right.source ? left : right;
}
