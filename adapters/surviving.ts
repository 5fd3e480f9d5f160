import { isBefore } from '../core/erasure.ts';
import type { EngageProfile, Mark } from '../core/engage.ts';
import { PROFILE_FIELDS, type Profile, type ProfileField, type ProfileFieldName } from '../core/user.ts';
import type { Item } from './attributes.ts';
import { EVENT_STATES, fromEventItem, timelineKey, type EventRecord, type EventState } from './event-item.ts';
import type { EventStore } from './event-store.ts';
import type { UserTraces } from './user-traces.ts';

// What of an id an erasure leaves: what was said or done under it after the boundary. An erasure that arrives late, as
// Segment's may, finds that the same id has already begun a new life.

export interface SurvivalDependencies {
  readonly events: EventStore;
  readonly traces: UserTraces;
}

/** Tells of marks whether they stay. A word of no event (an import's) is judged by its time alone. */
export async function survivalOf(
  { events }: SurvivalDependencies,
  marks: readonly Mark[],
  boundary: number,
): Promise<(mark: Mark | undefined) => boolean> {
  const newer = marks.filter(({ time }) => time >= boundary);
  const items = await events.items(newer.map(({ source }) => source).filter(isEventKey));
  return (mark) => mark !== undefined && mark.time >= boundary && !isErased(items.get(mark.source), boundary);
}

/** Whether this event is erased, or belongs to what is. */
export const isErased = (item: Item | undefined, boundary: number): boolean =>
  item !== undefined && (item['st']?.S === 'erased' || isBefore(fromEventItem(item), boundary));

export const marksOf = (said: Profile): readonly ProfileField[] =>
  PROFILE_FIELDS.flatMap((name) => said[name] ?? []);

export const engageMarksOf = ({ audiences, computedTraits }: EngageProfile): readonly Mark[] => [
  ...[...audiences.values()].flatMap(({ entered, exited }) => [entered ?? [], exited ?? []].flat()),
  ...computedTraits.values(),
];

export function keptProfile(said: Profile, stays: (mark: Mark | undefined) => boolean): Profile {
  const kept: { [Name in ProfileFieldName]?: ProfileField } = {};
  for (const name of PROFILE_FIELDS) {
    const field = said[name];
    if (field !== undefined && stays(field)) kept[name] = field;
  }
  return kept;
}

export function keptEngage(
  { audiences, computedTraits }: EngageProfile,
  stays: (mark: Mark | undefined) => boolean,
): EngageProfile {
  return {
    audiences: new Map(
      [...audiences].flatMap(([name, { entered, exited }]) => {
        const kept = {
          ...(entered && stays(entered) && { entered }),
          ...(exited && stays(exited) && { exited }),
        };
        return Object.keys(kept).length === 0 ? [] : [[name, kept] as const];
      }),
    ),
    computedTraits: new Map([...computedTraits].filter(([, trait]) => stays(trait))),
  };
}

/** Whether there are events under this id that the erasure leaves. */
export const hasSurvivingEvents = async (
  deps: SurvivalDependencies,
  userKey: string,
  boundary: number,
): Promise<boolean> => (await survivingEvent(deps, userKey, boundary)) !== undefined;

/** The first event under this id that the erasure leaves; of those that are in one of `states`, where they are named. */
export async function survivingEvent(
  { events, traces }: SurvivalDependencies,
  userKey: string,
  boundary: number,
  states: readonly EventState[] = EVENT_STATES,
): Promise<EventRecord | undefined> {
  let cursor: string | undefined = timelineKey(boundary, '');
  while (cursor !== undefined) {
    const page = await traces.events(userKey, cursor);
    for (const item of (await events.items(page.keys)).values()) {
      const record = fromEventItem(item);
      if (!isErased(item, boundary) && states.includes(record.state)) return record;
    }
    cursor = page.cursor;
  }
  return undefined;
}

const isEventKey = (source: string): boolean => /^[\w-]{22}$/.test(source);
