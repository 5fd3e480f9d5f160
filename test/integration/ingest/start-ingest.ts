import { keyPartOf } from '../../../adapters/keys.ts';
import type { UsageRow } from '../../../adapters/usage-item.ts';
import { UsageStore } from '../../../adapters/usage-store.ts';
import { sumDecimals } from '../../../core/decimal.ts';
import { EMPTY_SNAPSHOT } from '../../../core/ruleset.ts';
import { startIngestServer, type IngestServer } from '../../support/ingest-server.ts';
import { createPipeline, type Engines, type Pipeline } from '../../support/pipeline.ts';

// A pipeline with one feature, `f1`, behind a real HTTP server.

const EVERY_DAY = { from: '0000-01-01', to: '9999-12-31' };

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
  const usage = new UsageStore(pipeline.client, pipeline.tables.usage);
  const server = await startIngestServer(pipeline.ingest);
  return {
    pipeline,
    server,
    usage: async (userId) => {
      await pipeline.drainEvents();
      const rows: UsageRow[] = [];
      // Of all days: a real SDK gives its events the time of the day on which the test runs.
      await usage.ofKeysAndFeature([keyPartOf(userId)], 'f1', EVERY_DAY, ({ row }) => {
        rows.push(row);
        return true;
      });
      return {
        sum: sumDecimals(rows.map(({ sum }) => sum)),
        count: rows.reduce((total, { count }) => total + count, 0),
      };
    },
  };
}
