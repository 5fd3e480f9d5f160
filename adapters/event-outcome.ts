import * as z from 'zod/mini';
import type { FeatureUse } from '../core/decide-track.ts';
import { parseJson } from '../core/json-value.ts';
import { DamagedItemError } from './attributes.ts';
import type { EventOutcome, OutcomeRevision } from './event-item.ts';

const outcomeSchema = z.object({
  generation: z.number(),
  decidedAt: z.number(),
  uses: z.optional(
    z.array(
      z.object({
        featureId: z.string(),
        delta: z.string(),
        ruleId: z.optional(z.string()),
        ruleVersion: z.optional(z.number()),
      }),
    ),
  ),
  identify: z.optional(
    z.object({
      row: z.literal([1, 2, 3, 4, 5, 6, 7, 8, 9]),
      effect: z.enum(['create', 'update', 'adopt', 'merge']),
      refusal: z.optional(z.enum(['different_billing_ids', 'merge_undone', 'too_many_ids'])),
      mergeId: z.optional(z.string()),
    }),
  ),
  notes: z.optional(z.array(z.string())),
  error: z.optional(z.string()),
  revisions: z.optional(
    z.array(
      z.object({
        kind: z.enum(['revert', 'recount']),
        ruleId: z.string(),
        belowVersion: z.number(),
        generation: z.number(),
        at: z.number(),
        kept: z.boolean(),
      }),
    ),
  ),
});

type StoredUse = NonNullable<z.infer<typeof outcomeSchema>['uses']>[number];

/** Reads the outcome that a commit stored with an event. Throws DamagedItemError where it is not one. */
export function fromStoredOutcome(text: string): EventOutcome {
  const json = parseJson(text);
  const parsed = z.safeParse(outcomeSchema, json.ok ? json.value : undefined);
  if (!parsed.success) throw new DamagedItemError('The stored outcome of an event cannot be read.');
  const { generation, decidedAt, uses, identify, notes, error, revisions } = parsed.data;
  return {
    generation,
    decidedAt,
    ...(uses !== undefined && { uses: uses.map(toUse) }),
    ...(identify !== undefined && { identify }),
    ...(notes !== undefined && { notes }),
    ...(error !== undefined && { error }),
    ...(revisions !== undefined && { revisions }),
  };
}

const toUse = ({ featureId, delta, ruleId, ruleVersion }: StoredUse): FeatureUse => ({
  featureId,
  delta,
  ...(ruleId !== undefined && { ruleId }),
  ...(ruleVersion !== undefined && { ruleVersion }),
});

/** The revisions of an outcome that is about to be replaced: what happened to an event is not forgotten. */
export function revisionsIn(outcome: string | undefined): readonly OutcomeRevision[] {
  // Nearly every outcome has none, and is not worth parsing for it.
  if (outcome?.includes('"revisions"') !== true) return [];
  return fromStoredOutcome(outcome).revisions ?? [];
}
