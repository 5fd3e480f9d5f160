import { z } from '@hono/zod-openapi';
import type { JsonObject } from '../../../core/json-value.ts';
import { parseTimestamp } from '../../../core/timestamp.ts';
import { ID_LENGTH_MAX, orMissing } from './fields.ts';
import { userSchema } from './user.ts';

/** Read from JSON, so what is in it is JSON: looking at all of it would need a stack as deep as somebody can nest lists. */
const anyObject = (sentence: string) =>
  z
    .custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
      error: sentence,
    })
    .optional()
    .openapi({ type: 'object', additionalProperties: true });

export const resolveBodySchema = z
  .strictObject({
    userId: z
      .string({ error: orMissing('Write a userId.') })
      .min(1, { error: 'Write at least one character.' })
      .max(ID_LENGTH_MAX, { error: `Write at most ${String(ID_LENGTH_MAX)} characters.` }),
    traits: anyObject('Write an object, or leave it out.'),
    context: anyObject('Write an object, or leave it out.'),
    timestamp: z
      .string({ error: 'Write a time, or leave it out.' })
      .refine((text) => parseTimestamp(text) !== undefined, {
        error: 'Write a time such as 2026-11-23T14:00:00Z.',
      })
      .optional()
      .openapi({ description: 'Without it, now' }),
  })
  .openapi('ResolveRequest', {
    example: { userId: 'user-42', traits: { email: 'ada@example.com', billingUserId: 'cus_P1' } },
  });

export const resolveSchema = z
  .object({
    row: z
      .number()
      .int()
      .min(1)
      .max(9)
      .openapi({ description: 'The row of the decision table that applies' }),
    effect: z.enum(['create', 'update', 'adopt', 'merge']),
    reason: z.string().openapi({ description: 'Why that row, for a person' }),
    user: userSchema.openapi({ description: 'The user as it would be' }),
    merge: z.object({ survivorId: z.string(), absorbedId: z.string() }).optional(),
    flags: z.array(z.enum(['missing_billing', 'shared_email'])),
    notes: z.array(z.string()).openapi({ description: 'What of the event would not be taken, and why' }),
  })
  .openapi('Resolution');
