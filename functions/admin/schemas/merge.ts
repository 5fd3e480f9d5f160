import { z } from '@hono/zod-openapi';
import { MERGE_CAUSES } from '../../../core/identity/merge-record.ts';
import { ID_LENGTH_MAX, nextCursor, orMissing, queryCursor, queryLimit, queryText, time } from './fields.ts';

const id = z
  .string({ error: orMissing('Write a userId, or the id of an imported user.') })
  .min(1, { error: 'Write at least one character.' })
  .max(ID_LENGTH_MAX, { error: `Write at most ${String(ID_LENGTH_MAX)} characters.` });

export const mergeBodySchema = z
  .strictObject({
    survivorId: id.openapi({ description: 'Who stays' }),
    absorbedId: id.openapi({ description: 'Who becomes part of the survivor' }),
    dryRun: z
      .boolean({ error: 'Write true or false.' })
      .default(false)
      .openapi({ description: 'Only show what would come out' }),
  })
  .openapi('MergeRequest', { example: { survivorId: 'user-42', absorbedId: 'imp_0a1b2c', dryRun: true } });

export const mergesQuerySchema = z.strictObject({
  userId: queryText(ID_LENGTH_MAX).optional().openapi({ description: 'Only merges of this user' }),
  cursor: queryCursor,
  limit: queryLimit(50, 100),
});

export const mergeSchema = z
  .object({
    id: z.string(),
    survivorId: z.string(),
    absorbedId: z.string(),
    cause: z.enum(MERGE_CAUSES),
    actor: z.string().openapi({ description: 'Who asked for it' }),
    at: time,
    row: z
      .union([z.literal(5), z.literal(6)])
      .optional()
      .openapi({ description: 'Of an identify: the row of the decision table' }),
    messageId: z.string().optional().openapi({ description: 'The event that caused it' }),
    undoneAt: time.optional(),
    undoneBy: z.string().optional(),
  })
  .openapi('Merge', {
    example: {
      id: 'mrg_1795435200000_0a1b2c3d',
      survivorId: 'user-42',
      absorbedId: 'imp_0a1b2c',
      cause: 'manual',
      actor: 'admin-key',
      at: '2026-11-23T14:05:00.000Z',
    },
  });

export const mergesSchema = z
  .object({ merges: z.array(mergeSchema).openapi({ description: 'Latest first' }), cursor: nextCursor })
  .openapi('Merges');
