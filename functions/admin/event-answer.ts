import { fromStoredOutcome } from '../../adapters/event-outcome.ts';
import type { EventOutcome, EventRecord } from '../../adapters/event-item.ts';
import { toIso } from '../../core/timestamp.ts';

/** An event in a list. */
export const toEventSummary = (record: EventRecord) => ({
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
    ...toEventSummary(record),
    ...(record.timeNote !== undefined && { timeNote: record.timeNote }),
    ...(record.conflictAt !== undefined && { conflictAt: toIso(record.conflictAt) }),
    ...(record.redriven !== undefined && {
      redriven: { ...record.redriven, at: toIso(record.redriven.at) },
    }),
    source: { dialect: record.dialect, apiKeyId: record.apiKeyId },
    ...(outcome !== undefined && { outcome: toOutcomeAnswer(outcome) }),
  };
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
