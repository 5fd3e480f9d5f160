import { z } from '@hono/zod-openapi';
import { parseTimestamp } from '../../../core/timestamp.ts';

// The small pieces that requests and answers of all resources share.

type Input = { readonly input?: unknown };

/** The problem of a value of the wrong type; a value that is not there has its own sentence. */
export const orMissing =
  (sentence: string) =>
  ({ input }: Input): string =>
    input === undefined ? 'This field is required.' : sentence;

/** A text that a person writes. */
export const writtenText = (lengthMax: number) =>
  z
    .string({ error: orMissing('Write a text.') })
    .min(1, { error: 'Write at least one character.' })
    .max(lengthMax, { error: `Write at most ${String(lengthMax)} characters.` });

export const flag = z.boolean({ error: 'Write true or false.' });

/** A time in an answer. */
export const time = z
  .string()
  .openapi({ format: 'date-time', description: 'UTC', example: '2026-11-23T14:05:00.000Z' });

/** An exact decimal in an answer. */
export const decimal = z
  .string()
  .openapi({ pattern: '^-?\\d+(\\.\\d{1,6})?$', description: 'An exact decimal', example: '12.5' });

export const count = z.number().int();

export const nextCursor = z.string().optional().openapi({
  description: 'Send it as `cursor` to get the next page; absent on the last page.',
  example: 'pJ0Zk3v9qLmO2x7T0aB1cD4eF6gH8iJ5kMnQrS',
});

/** No query parameters. */
export const noQuery = z.strictObject({});

const ONCE = 'Give this parameter once.';

export const queryText = (lengthMax: number) =>
  z
    .string({ error: ONCE })
    .min(1, { error: 'Write a value, or leave this parameter out.' })
    .max(lengthMax, { error: `Write at most ${String(lengthMax)} characters.` });

/** Ids from events have no limit of their own; longer ones do not fit a URL. */
export const ID_LENGTH_MAX = 4_000;

export const queryCursor = queryText(2_000)
  .optional()
  .openapi({ description: 'The `cursor` of the page before, to get the next one.' });

export const queryLimit = (standard: number, max: number) =>
  z
    .string({ error: ONCE })
    .regex(/^\d{1,5}$/, { error: `Write a number from 1 to ${String(max)}.` })
    .default(String(standard))
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, { error: `Write a number from 1 to ${String(max)}.` })
    .openapi({
      type: 'integer',
      minimum: 1,
      maximum: max,
      default: standard,
      description: 'Rows per page, at most.',
    });

/** A date or a time, as epoch milliseconds. */
export const queryTime = z
  .string({ error: ONCE })
  .transform((text, context) => {
    // Other forms that events may have are not offered here.
    const parsed = /^\d{4}-/.test(text) ? parseTimestamp(text) : undefined;
    if (parsed !== undefined) return parsed;
    context.addIssue({
      code: 'custom',
      message:
        'Write a date such as 2026-11-23, or a time such as 2026-11-23T14:00:00Z; without a zone it is UTC.',
    });
    return z.NEVER;
  })
  .optional()
  .openapi({ type: 'string', example: '2026-11-01' });

export const pathId = (name: string, example: string) =>
  z.string().openapi({ param: { name, in: 'path' }, example, description: 'URL-encoded' });
