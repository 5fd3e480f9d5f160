import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PipelineApi } from '../../demo/pipeline-api.ts';
import { acknowledged, deliver, inParallel, untilDrained } from '../support/live-pipeline.ts';
import {
  ADMIN_KEY,
  startRuntimeProcess,
  temporaryDataDir,
  type RuntimeProcess,
} from '../support/runtime-process.ts';
import { until } from '../support/until.ts';

// Counting on the running pipeline: real processes, real HTTP, state on disk.

const dataDir = temporaryDataDir();
const RANGE = { from: '2026-11-01', to: '2026-11-05' };
let pipeline: RuntimeProcess;
let api: PipelineApi;

beforeAll(async () => {
  pipeline = await startRuntimeProcess(dataDir.path);
  api = new PipelineApi(pipeline.url, ADMIN_KEY);
}, 60_000);

afterAll(async () => {
  await pipeline.kill();
  dataDir.remove();
});

const usageOf = async (featureId: string, userId?: string) =>
  (await api.usage({ ...RANGE, ...(userId !== undefined && { userId }) }))
    .filter((row) => row.featureId === featureId)
    .map(({ sum, count }) => ({ sum, count }));

describe('duplicates', () => {
  test('an event sent a hundred times in parallel, in every way there is, counts once', async () => {
    await api.createFeature({ id: 'copies', name: 'Copies', type: 'consumable' });
    const event = {
      type: 'track',
      messageId: 'the-one',
      userId: 'ada',
      event: 'Copied',
      timestamp: '2026-11-02T10:30:00Z',
      properties: { featureId: 'copies', delta: '2.5' },
    };
    const ways = [
      ['/segment', event],
      ['/segment', [event, event]],
      ['/v1/track', event],
      ['/v1/batch', { batch: [event], sentAt: '2026-11-02T10:30:00Z' }],
    ] as const;
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const [path, body] = ways[index % ways.length] ?? ways[0];
        return await acknowledged(pipeline.url, path, body);
      }),
    );
    expect(answers.filter((answer) => answer?.success !== true)).toEqual([]);

    await untilDrained(dataDir.path, 30_000);
    expect(await usageOf('copies', 'ada')).toEqual([{ sum: '2.5', count: 1 }]);
    expect(await usageOf('copies')).toEqual([{ sum: '2.5', count: 1 }]);
  }, 60_000);
});

describe('a rule for the past', () => {
  const WAITING = 10_000;
  const OTHERS = 1_000;
  const ARRAY = 200;
  const USERS = 40;
  const userOf = (index: number): string => `reader-${String(index % USERS)}`;
  const isMatch = (index: number): boolean => index % 7 < 4;

  test('maps exactly those of 10,000 waiting events that it matches, each once, and says how far it is', async () => {
    const waiting = Array.from({ length: WAITING }, (_, index) => ({
      type: 'track',
      messageId: `report-${String(index)}`,
      userId: userOf(index),
      event: 'Report Viewed',
      timestamp: new Date(Date.UTC(2026, 10, 2, 0, 0, index)).toISOString(),
      properties: { kind: isMatch(index) ? 'dashboard' : 'table', pages: (index % 9) / 4 },
    }));
    const others = Array.from({ length: OTHERS }, (_, index) => ({
      type: 'track',
      messageId: `other-${String(index)}`,
      userId: userOf(index),
      event: 'Theme Changed',
      timestamp: '2026-11-02T12:00:00Z',
      properties: { kind: 'dashboard' },
    }));
    const all = [...waiting, ...others];
    const arrays = Array.from({ length: all.length / ARRAY }, (_, index) =>
      all.slice(index * ARRAY, (index + 1) * ARRAY),
    );
    await inParallel(3, arrays, (array) => deliver(pipeline.url, '/segment', array));
    await untilDrained(dataDir.path, 60_000);
    expect(await countsOfGroups()).toEqual({
      'Report Viewed no_rule': WAITING,
      'Theme Changed no_rule': OTHERS,
    });

    await api.createFeature({ id: 'pages', name: 'Pages', type: 'consumable' });
    await api.createRule({
      name: 'Pages of dashboards',
      featureId: 'pages',
      event: { operator: 'equals', value: 'Report Viewed' },
      conditions: [{ path: 'properties.kind', operator: 'equals', value: 'dashboard' }],
      delta: { path: 'properties.pages' },
    });
    const scanned: number[] = [];
    await until(
      'the reprocessing of the new rule is done',
      async () => {
        const job = await jobOf('Pages of dashboards');
        if (job !== undefined) scanned.push(job.scanned);
        return job?.status === 'done';
      },
      60_000,
    );
    expect(scanned).toEqual([...scanned].sort((left, right) => left - right));
    expect(scanned.some((count) => count > 0 && count < WAITING)).toBe(true);
    const job = await jobOf('Pages of dashboards');
    const matches = waiting.filter((_, index) => isMatch(index));
    expect(job).toMatchObject({ scanned: WAITING, mapped: matches.length, remaining: 0 });

    await untilDrained(dataDir.path, 30_000);
    expect(await usageOf('pages')).toEqual(amountOf(matches));
    for (const userId of new Set(waiting.map((event) => event.userId))) {
      expect(await usageOf('pages', userId)).toEqual(
        amountOf(matches.filter((event) => event.userId === userId)),
      );
    }
    expect(await countsOfGroups()).toEqual({
      'Report Viewed no_rule': WAITING - matches.length,
      'Theme Changed no_rule': OTHERS,
    });
  }, 120_000);

  const jobOf = async (ruleName: string) =>
    (await api.reprocessing()).find(({ cause }) => cause.includes(ruleName));

  const countsOfGroups = async () =>
    Object.fromEntries(
      (await api.unmapped()).map(({ event, reason, count }) => [`${event} ${reason}`, count]),
    );
});

test('no function has called what its role does not allow, also where it knows another way', () => {
  expect(pipeline.output()).not.toContain('was denied');
});

/** Quarters add up exactly in a double. */
const amountOf = (events: readonly { properties: { pages: number } }[]) => [
  { sum: String(events.reduce((sum, { properties }) => sum + properties.pages, 0)), count: events.length },
];
