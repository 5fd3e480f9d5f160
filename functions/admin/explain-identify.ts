import type { EventOutcome } from '../../adapters/event-item.ts';
import type { EventNote } from '../../core/decide-event.ts';
import type { IdentifyEffect } from '../../core/identity/decide-identify.ts';
import { identifyReason } from '../../core/identity/identify-reason.ts';
import type { MergeRecord } from '../../core/identity/merge-record.ts';
import type { ExplainStep } from './explain-step.ts';

// What an identify did to its user, and what any event said about its user that was not taken.

type Identified = NonNullable<EventOutcome['identify']>;

const EFFECTS: Record<IdentifyEffect, (userId: string) => string> = {
  create: (userId) => `It created the user ${userId}.`,
  update: (userId) => `What it says about the user ${userId} was applied.`,
  adopt: (userId) => `The imported user with its email got the userId ${userId}.`,
  merge: (userId) => `The imported user with its email was merged into the user ${userId}.`,
};

const NOT_COUNTED =
  'An identify is not counted. Where an event with a later timestamp says something else, that holds.';

/** `identified` is absent where an outcome was written before it was kept. */
export function appliedStep(
  userId: string,
  identified: Identified | undefined,
): Pick<ExplainStep, 'title' | 'detail'> {
  if (identified === undefined)
    return { title: 'What it says about its user was applied.', detail: NOT_COUNTED };
  const { row, effect, refusal } = identified;
  return { title: EFFECTS[effect](userId), detail: `${identifyReason(row, refusal)} ${NOT_COUNTED}` };
}

export function mergeSteps(merge: MergeRecord | undefined): ExplainStep[] {
  if (merge === undefined) return [];
  const { id, survivor, absorbed, at, undoneAt, undoneBy } = merge;
  const data = { mergeId: id, survivorId: survivor.userId, absorbedId: absorbed.userId };
  const made: ExplainStep = {
    kind: 'merged',
    title: `That merged ${absorbed.userId} into ${survivor.userId}.`,
    detail: 'Usage of both is read together. A merge can be undone: POST /api/merges/{mergeId}/undo.',
    at,
    data,
  };
  if (undoneAt === undefined) return [made];
  const by = undoneBy === undefined ? '' : ` by ${undoneBy}`;
  return [made, { kind: 'merge_undone', title: `That merge has been undone${by}.`, at: undoneAt, data }];
}

const NOTES: Record<EventNote, string> = {
  billing_id_not_recognised:
    'Its billing id was left out: it is not one of Stripe, and Chargebee is not enabled in the settings.',
  billing_id_too_long: 'Its billing id was left out: it is too long to be one.',
  billing_id_taken: 'Its billing id was left out: it belongs to another user, and is not moved.',
  email_too_long: 'Its email was left out: it is too long to be one.',
  email_is_older: 'Its email was not taken: the user has one from an event with a later timestamp.',
  name_too_long: 'Its name was left out: it is too long.',
  engage_value_missing:
    'It names an audience or a computed trait of Engage, without a value that can be kept.',
  engage_name_too_long: 'The audience or computed trait that it names was left out: the name is too long.',
  engage_value_too_large: 'The computed trait that it names was left out: the value is too large.',
  engage_audiences_full:
    'Its audience was left out: the user has as many as are kept, and those that came first stay.',
  engage_traits_full:
    'Its computed trait was left out: the user has as many as are kept, and those that came first stay.',
};
const SENTENCES = new Map<string, string>(Object.entries(NOTES));

export function noteSteps(notes: readonly string[] = []): ExplainStep[] {
  return notes.map((note) => ({ kind: 'note', title: SENTENCES.get(note) ?? note, data: { note } }));
}
