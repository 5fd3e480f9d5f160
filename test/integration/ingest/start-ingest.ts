import { EMPTY_SNAPSHOT } from '../../../core/ruleset.ts';
import { startIngestServer, type IngestServer } from '../../support/ingest-server.ts';
import { createPipeline, type Engines, type Pipeline } from '../../support/pipeline.ts';
import { usageOf } from '../../support/usage-of.ts';

// A pipeline with one feature, `f1`, behind a real HTTP server.

export const DAY = '2026-11-23';

export interface Ingest {
  readonly pipeline: Pipeline;
  readonly server: IngestServer;
  /** What a user used of `f1`, after everything that is queued has been processed. */
  readonly usage: (userId: string) => Promise<{ readonly sum: string; readonly count: number }>;
}

export async function startIngest(engines: Engines): Promise<Ingest> {
  const pipeline = await createPipeline(engines);
  const features = [{ id: 'f1', archived: false, generation: 1 }];
  await pipeline.saveRuleset({ ...EMPTY_SNAPSHOT, generation: 1, features });
  const server = await startIngestServer(pipeline.ingest);
  return {
    pipeline,
    server,
    usage: async (userId) => {
      await pipeline.drainEvents();
      const { sum, count } = await usageOf(pipeline, { userId, featureId: 'f1', day: DAY });
      return { sum, count };
    },
  };
}
