import { z } from '@hono/zod-openapi';
import { count, writtenText } from './fields.ts';

export const REDRIVE_IDS_MAX = 100;

export const redriveSchema = z
  .strictObject({
    messageIds: z
      .array(writtenText(200_000), { error: 'Write a list of messageIds.' })
      .min(1, { error: 'Write at least one messageId.' })
      .max(REDRIVE_IDS_MAX, {
        error: `Write at most ${String(REDRIVE_IDS_MAX)} messageIds, or {"all": true}.`,
      })
      .optional(),
    all: z.literal(true, { error: 'Write true, or leave all out.' }).optional(),
  })
  .refine((body) => (body.messageIds === undefined) !== (body.all === undefined), {
    error: 'Write either messageIds, or {"all": true}.',
  })
  .openapi('Redrive', { example: { messageIds: ['ajs-7f1c'] } });

export const redrivenSchema = z
  .object({
    redriven: count.openapi({ description: 'Events that this call sent back' }),
    skipped: count.openapi({ description: 'Events of messageIds that are not quarantined, or not known' }),
    remaining: count.openapi({
      description:
        'Events that are still quarantined, counted up to 10,000. With `all`, call again until it is 0.',
    }),
  })
  .openapi('Redriven', { example: { redriven: 1, skipped: 0, remaining: 0 } });
