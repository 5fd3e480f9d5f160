import * as z from 'zod/mini';
import type { Audience, EngageProfile, Mark } from '../core/engage.ts';
import type { JsonValue } from '../core/json-value.ts';
import { spread } from '../core/unmapped-group.ts';
import { DamagedItemError, N, readN, readS, S, type Item } from './attributes.ts';
import { keyPartOf } from './keys.ts';
import { userKeyPk } from './user-item.ts';

// What Engage said about one user id: an item beside the user, because tracks read the user and have no use for this. It
// belongs to the id that the events carried, as usage does: whoever shows a merged user merges what its ids have
// (mergeEngage), so a merge and its undoing move nothing.
//
// And per audience a list of its members, in a few partitions; a row is written and removed in the transaction that
// changes the membership.

export const ENGAGE_SK = 'engage';

/** What Engage said, as stored. */
export interface StoredEngage extends EngageProfile {
  /** The id that it was said about, as a key part. */
  readonly key: string;
  /** Grows by one with every change; what a concurrent change is detected by. */
  readonly version: number;
}

const markSchema = z.tuple([z.number(), z.string()]);
const audiencesSchema = z.array(z.tuple([z.string(), z.nullable(markSchema), z.nullable(markSchema)]));
const traitsSchema = z.array(z.tuple([z.string(), z.json(), z.number(), z.string()]));

export const engageKey = (userKey: string) => ({ pk: S(userKeyPk(userKey)), sk: S(ENGAGE_SK) });

/** Lists, not objects: a name may be any text, `__proto__` included. As JSON text, which escapes lone surrogates. */
export function toEngageItem(userKey: string, profile: EngageProfile, version: number) {
  const audiences = [...profile.audiences].map(([name, { entered, exited }]) => [
    name,
    fromMark(entered),
    fromMark(exited),
  ]);
  const traits = [...profile.computedTraits].map(([name, { value, time, source }]) => [
    name,
    value,
    time,
    source,
  ]);
  return {
    ...engageKey(userKey),
    a: S(JSON.stringify(audiences)),
    c: S(JSON.stringify(traits)),
    v: N(version),
  };
}

export function fromEngageItem(item: Item): StoredEngage {
  const audiences = z.safeParse(audiencesSchema, JSON.parse(readS(item, 'a')));
  const traits = z.safeParse(traitsSchema, JSON.parse(readS(item, 'c')));
  if (!audiences.success || !traits.success)
    throw new DamagedItemError('What Engage said about a user cannot be read.');
  return {
    key: readS(item, 'pk').slice(userKeyPk('').length),
    audiences: new Map(
      audiences.data.map(([name, entered, exited]): [string, Audience] => [
        name,
        { ...(entered && { entered: toMark(entered) }), ...(exited && { exited: toMark(exited) }) },
      ]),
    ),
    computedTraits: new Map(
      traits.data.map(([name, value, time, source]) => {
        const json: JsonValue = value;
        return [name, { value: json, time, source }];
      }),
    ),
    version: readN(item, 'v'),
  };
}

const fromMark = (mark: Mark | undefined): [number, string] | null =>
  mark === undefined ? null : [mark.time, mark.source];
const toMark = ([time, source]: readonly [number, string]): Mark => ({ time, source });

const MEMBER_PARTITIONS = 4;

const memberPk = (audience: string, partition: number): string =>
  `m#${keyPartOf(audience)}#${String(partition)}`;

export const memberPks = (audience: string): readonly string[] =>
  Array.from({ length: MEMBER_PARTITIONS }, (_, partition) => memberPk(audience, partition));

export const memberKey = (audience: string, userKey: string) => ({
  pk: S(memberPk(audience, spread(userKey, MEMBER_PARTITIONS))),
  sk: S(userKey),
});
