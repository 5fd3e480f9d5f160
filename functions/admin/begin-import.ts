import type { ImportJob } from '../../adapters/import-item.ts';
import type { AdminDependencies } from './dependencies.ts';

/** By then the request that begins an import has ended, one way or the other. */
const SAFETY_SECONDS = 60;

/**
 * Stores an import, and makes certain that somebody ends it: a message goes first, to be seen when this request is over,
 * whatever becomes of it. The other way round, a crash between the two would leave an import that looks as if somebody
 * worked on it, for ever. A message for an import that was never stored ends with the look at it. Throws when the queue or
 * the store cannot be reached; nothing is begun then.
 */
export async function beginImport(
  { imports, importQueue }: Pick<AdminDependencies, 'imports' | 'importQueue'>,
  job: ImportJob,
): Promise<void> {
  await importQueue.send(job.id, SAFETY_SECONDS);
  await imports.create(job);
}

/** Has the background go on with an import now. Where that cannot be said, the first message does it within a minute. */
export async function goOnInBackground(
  { importQueue }: Pick<AdminDependencies, 'importQueue'>,
  importId: string,
): Promise<void> {
  await importQueue.send(importId).catch(() => undefined);
}
