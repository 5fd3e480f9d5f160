import { z } from '@hono/zod-openapi';
import { SHARED_EMAIL_REASONS } from '../../../core/identity/shared-email.ts';
import { count, nextCursor, queryCursor, queryLimit } from './fields.ts';
import { userSchema } from './user.ts';

export const flagsQuerySchema = z.strictObject({ cursor: queryCursor, limit: queryLimit(50, 100) });

const total = count.openapi({ description: 'How many there are altogether' });

export const missingBillingSchema = z
  .object({ users: z.array(userSchema), count: total, cursor: nextCursor })
  .openapi('MissingBilling');

export const sharedEmailsSchema = z
  .object({
    groups: z.array(
      z
        .object({
          email: z.string().openapi({ description: 'As it is compared: trimmed, in lower case' }),
          userCount: count,
          users: z.array(userSchema).openapi({ description: 'At most 20 of them' }),
          reason: z.enum(SHARED_EMAIL_REASONS),
          message: z.string().openapi({ description: 'The reason, for a person' }),
        })
        .openapi('SharedEmail'),
    ),
    count: total,
    cursor: nextCursor,
  })
  .openapi('SharedEmails');
