import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SweepQueue } from '../../../adapters/sweep-queue.ts';
import { RetryMarkers } from '../../../adapters/retry-markers.ts';
import { EventQueue } from '../../../adapters/event-queue.ts';
import { EMPTY_SNAPSHOT } from '../../../core/ruleset.ts';
import { reprocessHandler } from '../../../functions/reprocess/handler.ts';
import { context, createPipeline, startEngines, type Engines } from '../../support/pipeline.ts';
import { usageOf } from '../../support/usage-of.ts';

// A plan of sweeps that dies halfway: the tasks are written, and the messages that would start them are not sent.

let engines: Engines;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});

test('a plan that dies before its sweeps are sent is made good when its trigger is delivered again', async () => {
  const pipeline = await createPipeline(engines);
  await pipeline.webhook({
    type: 'track',
    messageId: 'm1',
    userId: 'u1',
    event: 'Report Exported',
    timestamp: '2026-11-23T10:15:00Z',
  });
  await pipeline.drainEvents();
  await pipeline.saveRuleset({
    ...EMPTY_SNAPSHOT,
    generation: 1,
    features: [{ id: 'exports', archived: false, generation: 1 }],
    rules: [
      {
        id: 'r1',
        version: 1,
        featureId: 'exports',
        event: { operator: 'equals', value: 'Report Exported' },
        conditions: [],
        createdAt: 1,
        generation: 1,
      },
    ],
  });

  const { client: sqs } = engines.sqs;
  const { events, unmapped, jobs, tables, client } = pipeline;
  const withoutQueue = reprocessHandler({
    ...pipeline.settling,
    events,
    unmapped,
    jobs,
    sweeps: new SweepQueue(sqs, `${pipeline.queues.sweeps.url}-that-is-not-there`),
    queue: new EventQueue(sqs, pipeline.queues.events.url),
    retryMarkers: new RetryMarkers(client, tables.operations),
  });
  const trigger = { Records: [{ eventSource: 'aws:dynamodb', eventName: 'MODIFY' as const }] };
  await expect(withoutQueue(trigger, context())).rejects.toThrow();
  expect(await pipeline.drainSweeps()).toBe(0);

  await pipeline.rulesChanged();

  expect(await usageOf(pipeline, { featureId: 'exports', day: '2026-11-23' })).toMatchObject({
    sum: '1',
    count: 1,
  });
  expect((await pipeline.jobs.list(1))[0]?.status).toBe('done');
});
