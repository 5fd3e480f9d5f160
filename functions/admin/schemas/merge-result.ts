import { z } from '@hono/zod-openapi';
import { PROFILE_FIELDS } from '../../../core/user.ts';
import { count, decimal } from './fields.ts';
import { mergeSchema } from './merge.ts';
import { userSchema } from './user.ts';

const value = z.string().nullable();
const usage = z.array(z.object({ featureId: z.string(), sum: decimal, count }));

export const mergeResultSchema = z
  .object({
    merge: mergeSchema.optional().openapi({ description: 'Absent in a dry run' }),
    user: userSchema.openapi({ description: 'The user that comes out' }),
    fields: z
      .array(z.object({ field: z.enum(PROFILE_FIELDS), survivor: value, absorbed: value, result: value }))
      .openapi({ description: 'Of each field the newest word wins, whoever survives' }),
    usage: z
      .object({ survivor: usage, absorbed: usage, result: usage })
      .openapi({ description: 'Of the current month' }),
  })
  .openapi('MergeResult');

export const undoResultSchema = z
  .object({
    merge: mergeSchema,
    users: z.array(userSchema).openapi({ description: 'The survivor and the absorbed user, apart again' }),
  })
  .openapi('UndoResult');
