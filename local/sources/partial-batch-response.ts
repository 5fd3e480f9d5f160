import { z } from 'zod';

// What a function's answer says about the records it was given, by the rules that AWS documents for
// ReportBatchItemFailures ("Success and failure conditions"). Two of them surprise: an answer of null or without
// batchItemFailures is a success of everything, and an id that cannot be understood is a failure of everything.

export type BatchVerdict =
  | { readonly failed: 'none'; readonly answered: boolean }
  | { readonly failed: 'all' }
  | { readonly failed: ReadonlySet<string> };

const answerSchema = z.object({ batchItemFailures: z.unknown().optional() });
const failuresSchema = z.array(z.object({ itemIdentifier: z.string().min(1) }));

/** `payload` is the function's answer as JSON text, `ids` are those of the batch. */
export function batchVerdictOf(payload: string, ids: readonly string[]): BatchVerdict {
  const answer: unknown = JSON.parse(payload);
  if (answer === null) return { failed: 'none', answered: false };
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return { failed: 'all' };
  const { batchItemFailures } = parsed.data;
  if (batchItemFailures === undefined || batchItemFailures === null)
    return { failed: 'none', answered: false };
  const failures = failuresSchema.safeParse(batchItemFailures);
  if (!failures.success) return { failed: 'all' };
  if (failures.data.length === 0) return { failed: 'none', answered: true };
  const failed = new Set(failures.data.map(({ itemIdentifier }) => itemIdentifier));
  const known = new Set(ids);
  return [...failed].every((id) => known.has(id)) ? { failed } : { failed: 'all' };
}
