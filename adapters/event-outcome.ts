import * as z from 'zod/mini';
import { parseJson } from '../core/json-value.ts';
import { DamagedItemError } from './attributes.ts';
import type { EventOutcome } from './event-item.ts';

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
      row: z.number(),
      effect: z.string(),
      refusal: z.optional(z.string()),
      mergeId: z.optional(z.string()),
    }),
  ),
  notes: z.optional(z.array(z.string())),
  error: z.optional(z.string()),
});

/** Reads the outcome that a commit stored with an event. Throws DamagedItemError where it is not one. */
export function fromStoredOutcome(text: string): EventOutcome {
  const json = parseJson(text);
  const parsed = z.safeParse(outcomeSchema, json.ok ? json.value : undefined);
  if (!parsed.success) throw new DamagedItemError('The stored outcome of an event cannot be read.');
  const { generation, decidedAt, uses, identify, notes, error } = parsed.data;
  return {
    generation,
    decidedAt,
    ...(uses !== undefined && { uses }),
    ...(identify !== undefined && { identify }),
    ...(notes !== undefined && { notes }),
    ...(error !== undefined && { error }),
  };
}
