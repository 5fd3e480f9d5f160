import { DamagedItemError } from '../../adapters/attributes.ts';
import { fromStoredOutcome } from '../../adapters/event-outcome.ts';
import type { EventOutcome, EventRecord } from '../../adapters/event-item.ts';
import { toIso } from '../../core/timestamp.ts';

/** An event in a list. */
export function toEventSummary(record: EventRecord) {
  const error = errorOf(record);
  return { ...toEventHead(record), ...(error !== undefined && { error }) };
}

const toEventHead = (record: EventRecord) => ({
  messageId: record.messageId,
  status: record.state,
  type: record.type,
  ...(record.name !== undefined && { event: record.name }),
  userId: record.userId,
  timestamp: toIso(record.time),
  receivedAt: toIso(record.receivedAt),
  ...(record.reason !== undefined && { reason: record.reason }),
  conflict: record.conflictAt !== undefined,
});

/** An event with all that is known of it, but for its body. */
export function toEventDetail(record: EventRecord) {
  const outcome = record.outcome === undefined ? undefined : fromStoredOutcome(record.outcome);
  return {
    ...toEventHead(record),
    ...(record.timeNote !== undefined && { timeNote: record.timeNote }),
    ...(record.conflictAt !== undefined && { conflictAt: toIso(record.conflictAt) }),
    ...(record.redriven !== undefined && {
      redriven: { ...record.redriven, at: toIso(record.redriven.at) },
    }),
    source: { dialect: record.dialect, apiKeyId: record.apiKeyId },
    ...(outcome !== undefined && { outcome: toOutcomeAnswer(outcome) }),
  };
}

/** Why an event is quarantined. One whose reason is damaged as well must not hide the others of its list. */
function errorOf({ state, outcome }: EventRecord): string | undefined {
  if (state !== 'quarantined' || outcome === undefined) return undefined;
  try {
    return fromStoredOutcome(outcome).error;
  } catch (error) {
    if (error instanceof DamagedItemError) return `${error.name}: ${error.message}`;
    throw error;
  }
}

function toOutcomeAnswer({ decidedAt, revisions, ...outcome }: EventOutcome) {
  return {
    ...outcome,
    decidedAt: toIso(decidedAt),
    ...(revisions !== undefined && {
      revisions: revisions.map((revision) => ({ ...revision, at: toIso(revision.at) })),
    }),
  };
}
