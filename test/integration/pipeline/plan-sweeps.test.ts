import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EventQueue } from '../../../adapters/event-queue.ts';
import { EventScan } from '../../../adapters/event-scan.ts';
import { PastChanges } from '../../../adapters/past-changes.ts';
import { ReconciliationStore } from '../../../adapters/reconciliation-store.ts';
import { RetryMarkers } from '../../../adapters/retry-markers.ts';
import { RulesetStore, type RulesetHead } from '../../../adapters/ruleset-store.ts';
import { SweepQueue } from '../../../adapters/sweep-queue.ts';
import { UsageAudit } from '../../../adapters/usage-audit.ts';
import { EMPTY_SNAPSHOT, type RulesetSnapshot } from '../../../core/ruleset.ts';
import { reprocessHandler, type ReprocessDependencies } from '../../../functions/reprocess/handler.ts';
import {
  context,
  createPipeline,
  startEngines,
  type Engines,
  type Pipeline,
} from '../../support/pipeline.ts';
import { usageOf } from '../../support/usage-of.ts';

// Planning sweeps when something comes in between: the planner dies halfway, or the rules change once more.

let engines: Engines;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  pipeline = await createPipeline(engines);
  await pipeline.webhook({
    type: 'track',
    messageId: 'm1',
    userId: 'u1',
    event: 'Report Exported',
    timestamp: '2026-11-23T10:15:00Z',
  });
  await pipeline.drainEvents();
});

const FEATURE = {
  ...EMPTY_SNAPSHOT,
  generation: 1,
  features: [{ id: 'exports', archived: false, generation: 1 }],
} satisfies RulesetSnapshot;

const withRule = (generation: number): RulesetSnapshot => ({
  ...FEATURE,
  generation,
  rules: [
    {
      id: 'r1',
      version: 1,
      featureId: 'exports',
      event: { operator: 'equals', value: 'Report Exported' },
      conditions: [],
      createdAt: 1,
      generation,
    },
  ],
});

/** What the stream starts, with some dependencies in another form. */
async function triggerWith(changed: Partial<ReprocessDependencies>): Promise<void> {
  const { settling, events, unmapped, jobs, queues, tables, client } = pipeline;
  const handler = reprocessHandler({
    ...settling,
    events,
    unmapped,
    scan: new EventScan(client, tables.events),
    pastChanges: new PastChanges(client, tables.config),
    jobs,
    audit: new UsageAudit(client, tables),
    reconciliations: new ReconciliationStore(client, tables.operations),
    sweeps: new SweepQueue(engines.sqs.client, queues.sweeps.url),
    queue: new EventQueue(engines.sqs.client, queues.events.url),
    retryMarkers: new RetryMarkers(client, tables.operations),
    erasing: pipeline.erasing,
    ...changed,
  });
  await handler({ Records: [{ eventSource: 'aws:dynamodb', eventName: 'MODIFY' }] }, context());
}

test('a plan that dies before its sweeps are sent is made good when its trigger is delivered again', async () => {
  await pipeline.saveRuleset(withRule(1));
  const nowhere = new SweepQueue(engines.sqs.client, `${pipeline.queues.sweeps.url}-that-is-not-there`);
  await expect(triggerWith({ sweeps: nowhere })).rejects.toThrow();
  expect(await pipeline.drainSweeps()).toBe(0);

  await pipeline.rulesChanged();

  expect(await usageOf(pipeline, { featureId: 'exports', day: '2026-11-23' })).toMatchObject({
    sum: '1',
    count: 1,
  });
  expect((await pipeline.jobs.list(1))[0]?.status).toBe('done');
});

test('a job names the change that it is about, also when the rules change while it is planned', async () => {
  await pipeline.saveRuleset(FEATURE, 'the feature came');
  class ChangedInBetween extends RulesetStore {
    private isFirst = true;
    override async head(): Promise<RulesetHead> {
      const head = await super.head();
      if (this.isFirst) {
        this.isFirst = false;
        await pipeline.saveRuleset(withRule(2), 'the rule came');
      }
      return head;
    }
  }
  await triggerWith({ rulesets: new ChangedInBetween(pipeline.client, pipeline.tables.config) });
  expect(await pipeline.jobs.list(1)).toMatchObject([{ generation: 2, cause: 'the rule came' }]);
});
