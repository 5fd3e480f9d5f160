import { decideTrack, type FeatureUse } from './decide-track.ts';
import { engageUpdateOf, type EngageNote, type EngageWord } from './engage.ts';
import type { EventType } from './segment-event.ts';
import type { JsonObject } from './json-value.ts';
import type { Ruleset } from './ruleset.ts';
import type { UnmappedGroup, UnmappedReason } from './unmapped-group.ts';
import { profileFromIdentify, type IdentifyNote, type Profile } from './user.ts';

// One stored event and one ruleset in, one outcome out. Nothing here knows about tables or retries.

export interface StoredEventHead {
  readonly key: string;
  readonly type: EventType;
  readonly userId: string;
  readonly name?: string;
  /** Corrected event time, epoch milliseconds. */
  readonly time: number;
  readonly receivedAt: number;
}

export interface StoredEvent extends StoredEventHead {
  readonly payload: JsonObject;
  /** The JSON text that `payload` was parsed from. */
  readonly text: string;
}

export type EventNote = IdentifyNote | EngageNote;

export type EventDecision = (
  | { readonly kind: 'mapped'; readonly uses: readonly FeatureUse[] }
  | { readonly kind: 'unmapped'; readonly reason: UnmappedReason; readonly group: UnmappedGroup }
  | { readonly kind: 'applied'; readonly profile: Profile }
) & {
  /** What Engage says about the user with this event, whatever else the event is. */
  readonly engage?: EngageWord;
  readonly notes?: readonly EventNote[];
};

export function decideEvent(event: StoredEvent, ruleset: Ruleset): EventDecision {
  const decision = decideByType(event, ruleset);
  const engage = engageUpdateOf(event.type, event.name, event.payload);
  if (engage === undefined) return decision;
  const { word, note } = engage;
  const notes = [...(decision.notes ?? []), ...(note === undefined ? [] : [note])];
  return { ...decision, ...(word && { engage: word }), ...(notes.length > 0 && { notes }) };
}

function decideByType(event: StoredEvent, ruleset: Ruleset): EventDecision {
  if (event.type === 'identify') {
    const said = profileFromIdentify(
      event.payload,
      { time: event.time, source: event.key },
      ruleset.settings,
    );
    return { kind: 'applied', ...said };
  }
  return decideTrack(event.name ?? '', event.payload, event.text, ruleset);
}
