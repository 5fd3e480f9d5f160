import { z } from '@hono/zod-openapi';
import { IMPORT_KINDS } from '../../../adapters/import-item.ts';
import { VERDICTS } from '../../../core/imports/import-verdict.ts';
import { count, nextCursor, queryCursor, queryLimit, time } from './fields.ts';
import { pastSwitch } from './rule.ts';

const counts = z
  .object({ create: count, update: count, merge: count, conflict: count, unchanged: count, error: count })
  .openapi({ description: 'Rows by verdict' });

export const importSchema = z
  .object({
    id: z.string(),
    kind: z.enum(IMPORT_KINDS),
    dryRun: z.boolean(),
    status: z.enum(['running', 'done', 'failed']),
    total: count.optional().openapi({ description: 'Rows in all; absent while a provider’s list goes on' }),
    done: count,
    counts,
    ignoredColumns: z
      .array(z.string())
      .openapi({ description: 'Columns of the file that mean nothing to an import' }),
    error: z.string().optional().openapi({ description: 'Why it failed, and what to do' }),
    startedAt: time,
    finishedAt: time.optional(),
    actor: z.string().openapi({ description: 'The id of an API key, or admin-key' }),
  })
  .openapi('Import', {
    example: {
      id: 'import_1795442700000_0a1b2c3d4e5f',
      kind: 'csv',
      dryRun: true,
      status: 'done',
      total: 3,
      done: 3,
      counts: { create: 1, update: 1, merge: 0, conflict: 0, unchanged: 0, error: 1 },
      ignoredColumns: ['phone'],
      startedAt: '2026-11-23T14:05:00.000Z',
      finishedAt: '2026-11-23T14:05:01.000Z',
      actor: 'admin-key',
    },
  });

export const importRowSchema = z
  .object({
    row: count.openapi({
      description: 'The line of the file on which it ends, or the place in the provider’s list',
    }),
    verdict: z.enum(VERDICTS),
    userId: z.string().optional().openapi({ description: 'The user that the row is about' }),
    message: z.string().optional().openapi({ description: 'Why' }),
  })
  .openapi('ImportRow', { example: { row: 4, verdict: 'error', message: 'email is not an address.' } });

export const importAnswerSchema = z.object({ import: importSchema }).openapi('ImportStarted');

export const importWithRowsSchema = z
  .object({ import: importSchema, rows: z.array(importRowSchema) })
  .openapi('ImportWithRows');

export const importsSchema = z
  .object({ imports: z.array(importSchema), cursor: nextCursor })
  .openapi('Imports');

export const importRowsSchema = z
  .object({ rows: z.array(importRowSchema), cursor: nextCursor })
  .openapi('ImportRows');

export const importQuerySchema = z.strictObject({
  dryRun: pastSwitch('dryRun'),
});

export const importsQuerySchema = z.strictObject({ cursor: queryCursor, limit: queryLimit(20, 100) });

const verdict = z
  .enum(VERDICTS, { error: `Write one of ${VERDICTS.join(', ')}.` })
  .optional()
  .openapi({ description: 'Only rows with this verdict' });

export const importRowsQuerySchema = z.strictObject({
  verdict,
  cursor: queryCursor,
  limit: queryLimit(100, 1_000),
});

export const importRowsFileQuerySchema = z.strictObject({ verdict, cursor: queryCursor });
