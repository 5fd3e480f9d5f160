import type { EventDecision } from '../core/decide-event.ts';
import type { FeatureUse } from '../core/decide-track.ts';
import type { EventRecord, OutcomeRevision } from './event-item.ts';

/** What a commit writes down of one event. */
export interface DecidedEvent {
  /** As read before deciding: the commit holds only if the stored event still looks like this. */
  readonly record: EventRecord;
  readonly decision: EventDecision | { readonly kind: 'quarantined'; readonly error: string };
  readonly generation: number;
  /** The generation that decided the uses that are kept of an earlier decision; the outcome goes on naming it. */
  readonly keptFrom?: number;
  /** What a mapped event has counted so far; what the decision does not keep of it is taken back. */
  readonly counted?: readonly FeatureUse[];
  /** What the outcome of a mapped event noted when it came. */
  readonly keptNotes?: readonly string[];
  /** The revisions that the new outcome carries. */
  readonly revisions?: readonly OutcomeRevision[];
}
