import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { toQueueMessage } from '../../../adapters/event-queue.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { EMPTY_SNAPSHOT } from '../../../core/ruleset.ts';
import {
  context,
  createPipeline,
  startEngines,
  type Engines,
  type Pipeline,
} from '../../support/pipeline.ts';
import { usageOf } from '../../support/usage-of.ts';

// There is no window in which a duplicate is recognised: the event itself is what it is recognised by.

let engines: Engines;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const HORIZONS = [
  ['10 minutes', 10 * MINUTE],
  ['an hour', 60 * MINUTE],
  ['24 hours', DAY],
  ['35 days', 35 * DAY],
  ['400 days', 400 * DAY],
] as const;

const event = {
  type: 'track',
  messageId: 'the-one',
  userId: 'ada',
  event: 'Used',
  timestamp: '2026-11-23T10:00:00Z',
  properties: { featureId: 'f', delta: '2.5' },
};

test.each(HORIZONS)(
  'the same event after %s, by webhook, array, SDK, redelivery and redrive, counts once',
  async (_, later) => {
    pipeline = await createPipeline(engines);
    await pipeline.saveRuleset({
      ...EMPTY_SNAPSHOT,
      generation: 1,
      features: [{ id: 'f', archived: false, generation: 1 }],
    });
    await pipeline.webhook(event);
    const records = await pipeline.sqs.receive(pipeline.queues.events);
    await pipeline.process({ Records: records }, context());

    pipeline.clock.now += later;
    const answers = [
      await pipeline.webhook(event),
      await pipeline.webhook([event, event]),
      await pipeline.send({ path: '/v1/track', body: JSON.stringify(event) }),
      await pipeline.send({
        path: '/v1/batch',
        body: JSON.stringify({ batch: [event], sentAt: new Date(pipeline.clock.now).toISOString() }),
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers[0]?.body).toMatchObject({ results: [{ messageId: 'the-one', duplicate: true }] });
    // SQS may deliver again what was deleted; a redrive makes a new message of an old one.
    await pipeline.process({ Records: records }, context());
    const redriven = records.map((record) => ({
      ...record,
      messageId: 'redriven',
      body: toQueueMessage([eventKeyOf('the-one')]),
    }));
    await pipeline.process({ Records: redriven }, context());
    const lastChance = redriven.map((record) => ({
      ...record,
      eventSourceARN: pipeline.queues.lastChance.arn,
    }));
    await pipeline.process({ Records: lastChance }, context());
    await pipeline.drainEvents();
    await pipeline.tick();

    const day = '2026-11-23';
    expect(await usageOf(pipeline, { userId: 'ada', featureId: 'f', day })).toMatchObject({
      sum: '2.5',
      count: 1,
    });
    expect(await usageOf(pipeline, { featureId: 'f', day })).toMatchObject({ sum: '2.5', count: 1 });
  },
);
