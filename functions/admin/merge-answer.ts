import type { EventStore } from '../../adapters/event-store.ts';
import type { MergeRecord } from '../../core/identity/merge-record.ts';
import { toIso } from '../../core/timestamp.ts';

/** Merges as the API shows them, with the events that caused them as far as they are stored. */
export async function toMergeAnswers(events: EventStore, merges: readonly MergeRecord[]) {
  const keys = merges.flatMap(({ eventKey }) => (eventKey === undefined ? [] : [eventKey]));
  const records = await events.records(keys);
  return merges.map(({ id, survivor, absorbed, cause, actor, at, row, eventKey, undoneAt, undoneBy }) => {
    const messageId = eventKey === undefined ? undefined : records.get(eventKey)?.messageId;
    return {
      id,
      survivorId: survivor.userId,
      absorbedId: absorbed.userId,
      cause,
      actor,
      at: toIso(at),
      ...(row !== undefined && { row }),
      ...(messageId !== undefined && { messageId }),
      ...(undoneAt !== undefined && { undoneAt: toIso(undoneAt) }),
      ...(undoneBy !== undefined && { undoneBy }),
    };
  });
}
