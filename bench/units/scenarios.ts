import { eventName, seededRandom, trackEvent } from '../matching/payloads.ts';
import type { JsonObject } from '../../core/json-value.ts';
import type { Engine } from './engine.ts';
import { runNaive } from './naive.ts';
import { startPipeline, type Cost } from './pipeline.ts';

// What is counted: the same 500 events, in the ways that events come.

const EVENTS = 500;
const SEED = 20_261_125;
const FEATURE = 'messages';
const AT = '2026-11-25T11:59:00.000Z';
const PER_ARRAY = 100;
/** Of a user in an array. */
const PER_USER = 5;

export interface EventPayload extends JsonObject {
  readonly messageId: string;
  readonly userId: string;
  readonly timestamp: string;
  readonly properties: JsonObject;
}

export interface Scenarios {
  readonly newUsers: Cost;
  readonly firstOfDay: Cost;
  readonly single: Cost;
  readonly arraysFirstOfDay: Cost;
  readonly arrays: Cost;
  readonly unmapped: Cost;
  readonly unmappedTenNames: Cost;
  readonly duplicates: Cost;
  readonly duplicateArrays: Cost;
  readonly reprocessed: Cost;
  readonly naive: Cost;
  readonly naiveDeflated: Cost;
  /** To read a user's use of one feature in a month of which every day has some. */
  readonly monthReadUnits: number;
}

export async function countScenarios(engine: Engine, progress: (step: string) => void): Promise<Scenarios> {
  const pipeline = await startPipeline(engine);
  await pipeline.config.createFeature(FEATURE, { name: 'Messages', type: 'consumable', archived: false });
  pipeline.take();

  const events = (run: string, perUser: number, more: JsonObject, at = AT, names = 10): EventPayload[] => {
    const random = seededRandom(SEED);
    return Array.from({ length: EVENTS }, (_, n) => {
      const event = trackEvent(n, random, eventName(n % names));
      return {
        ...event,
        messageId: `${run}-${String(n).padStart(4, '0')}-4f0c-9d3a-8e21`,
        userId: `user_${String(Math.floor(n / perUser)).padStart(4, '0')}`,
        timestamp: at,
        properties: { ...propertiesOf(event), ...more },
      };
    });
  };
  const mapped = { featureId: FEATURE };
  const nextDay = '2026-11-24T11:59:00.000Z';

  progress('single requests');
  const newUsers = await pipeline.send(events('new', 1, mapped), 1);
  const firstOfDay = await pipeline.send(events('day', 1, mapped, nextDay), 1);
  const singles = events('single', 1, mapped);
  const single = await pipeline.send(singles, 1);
  const duplicates = await pipeline.send(singles, 1);
  progress('arrays');
  const arraysFirstOfDay = await pipeline.send(
    events('array-day', PER_USER, mapped, '2026-11-23T11:59:00.000Z'),
    PER_ARRAY,
  );
  const batched = events('array', PER_USER, mapped);
  const arrays = await pipeline.send(batched, PER_ARRAY);
  const duplicateArrays = await pipeline.send(batched, PER_ARRAY);
  progress('unmapped events');
  const unmappedTenNames = await pipeline.send(events('unmapped-10', 1, {}), 1);
  // Of another name, so that its group is no other's.
  const alone = events('unmapped-1', 1, {}, AT, 1).map((event) => ({ ...event, event: 'Export Finished' }));
  const unmapped = await pipeline.send(alone, 1);
  progress('reprocessing');
  await pipeline.config.createRule(
    {
      enabled: true,
      featureId: FEATURE,
      event: { operator: 'equals', value: 'Export Finished' },
      conditions: [],
    },
    'bench',
  );
  pipeline.take();
  const reprocessed: Cost = {
    events: EVENTS,
    consumed: await pipeline.reprocess(),
    sqsRequests: 0,
    ingests: 0,
    processes: 0,
  };

  progress('a naive pipeline');
  const naive = await runNaive(engine, singles, { deflated: false });
  const naiveDeflated = await runNaive(engine, singles, { deflated: true });
  return {
    ...{ newUsers, firstOfDay, single, arraysFirstOfDay, arrays, unmapped, unmappedTenNames },
    ...{ duplicates, duplicateArrays, reprocessed, naive, naiveDeflated },
    monthReadUnits: await monthReadUnits(engine),
  };
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  if (typeof properties !== 'object' || Array.isArray(properties))
    throw new Error('A track event has properties.');
  return properties ?? {};
}

async function monthReadUnits(engine: Engine): Promise<number> {
  const pipeline = await startPipeline(engine);
  await pipeline.config.createFeature(FEATURE, { name: 'Messages', type: 'consumable', archived: false });
  const random = seededRandom(SEED);
  // Use in eight hours of every day of the month.
  const month = Array.from({ length: 31 * 8 }, (_, n) => ({
    ...trackEvent(n, random, 'Message Sent'),
    userId: 'ada',
    messageId: `month-${n}`,
    timestamp: new Date(Date.UTC(2026, 9, 1 + Math.floor(n / 8), 9 + (n % 8))).toISOString(),
    properties: { featureId: FEATURE, delta: 1.25 },
  }));
  await pipeline.send(month, PER_ARRAY);
  pipeline.take();
  let days = 0;
  await pipeline.usage.ofKeysAndFeature(['=ada'], FEATURE, { from: '2026-10-01', to: '2026-10-31' }, () => {
    days += 1;
    return true;
  });
  if (days !== 31) throw new Error(`A month has 31 days, not ${days}.`);
  return pipeline.take().readUnits;
}
