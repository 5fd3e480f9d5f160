import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readEngage } from '../../../adapters/engage-store.ts';
import { erasureIdOf } from '../../../adapters/erasure-store.ts';
import { eventKeyOf, keyPartOf } from '../../../adapters/keys.ts';
import { EMPTY_SNAPSHOT } from '../../../core/ruleset.ts';
import { eraseUser } from '../../../functions/reprocess/erase-user.ts';
import { createPipeline, startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';

// An erasure whose user begins a new life meanwhile, which the by-user index does not show yet.

let engines: Engines;
let pipeline: Pipeline;
/** Whether the by-user index shows nothing yet. */
let indexIsBehind: boolean;

beforeAll(async () => {
  engines = await startEngines();
  engines.dynamo.client.middlewareStack.add(
    (next) => async (args) => {
      const isOfIndex = 'IndexName' in args.input && args.input.IndexName === 'byUser';
      if (isOfIndex && indexIsBehind) return { output: { Items: [], $metadata: {} }, response: {} };
      return await next(args);
    },
    { step: 'initialize', name: 'index' },
  );
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  indexIsBehind = false;
  pipeline = await createPipeline(engines);
  await pipeline.saveRuleset({ ...EMPTY_SNAPSHOT, generation: 1 });
});

const TRAITS = { name: 'Ada', billingUserId: 'cus_1' };
const DAY = '2026-11-23';
const BOUNDARY = Date.parse(`${DAY}T12:00:00Z`);
const track = (messageId: string, time: string) => ({
  type: 'track',
  event: 'Report Exported',
  messageId,
  userId: 'ada-lovelace',
  timestamp: `${DAY}T${time}Z`,
});
const identify = (messageId: string, time: string, traits: object, context = {}) => ({
  type: 'identify',
  messageId,
  userId: 'ada-lovelace',
  timestamp: `${DAY}T${time}Z`,
  traits,
  context,
});
const enters = (audience: string, time: string) => {
  const personas = { computation_class: 'audience', computation_key: audience };
  return identify(`into ${audience}`, time, { [audience]: true }, { personas });
};
const deletion = { type: 'delete', userId: 'ada-lovelace', timestamp: `${DAY}T12:00:00Z` };

/** The timer, after so many minutes, and what it sets going. */
async function look(minutes = 0): Promise<void> {
  pipeline.clock.now += minutes * 60_000;
  await pipeline.tick();
  await pipeline.drainSweeps();
}

async function arrives(event: object | object[]): Promise<void> {
  await pipeline.webhook(event);
  await pipeline.drainEvents();
}

const stateOf = async (messageId: string): Promise<string | undefined> =>
  (await pipeline.events.get(eventKeyOf(messageId)))?.['st']?.S;
const isDone = async (): Promise<boolean> =>
  (await pipeline.erasing.erasures.of('ada-lovelace', BOUNDARY))?.finishedAt !== undefined;

describe('a new life that begins while the user is erased', () => {
  test('has its user again when its first event found the old one there, and was not to be seen', async () => {
    await arrives(track('old', '10:00:00'));
    pipeline.clock.now += 60_000;
    await arrives(track('new', '12:00:30'));
    indexIsBehind = true;
    await pipeline.webhook(deletion);
    await look();
    indexIsBehind = false;
    await look(11);
    expect([await stateOf('old'), await stateOf('new')]).toEqual(['erased', 'unmapped']);
    expect(await isDone()).toBe(true);
    expect(await pipeline.users.get('ada-lovelace')).toMatchObject({ userId: 'ada-lovelace', profile: {} });
  });

  test('has its user again when the last pass took it away, before the erasure is done', async () => {
    await arrives(track('old', '10:00:00'));
    await pipeline.webhook(deletion);
    await look();
    pipeline.clock.now += 10 * 60_000;
    await arrives(track('new', '12:10:00'));
    indexIsBehind = true;
    await look();
    expect([await isDone(), await pipeline.users.get('ada-lovelace')]).toEqual([false, undefined]);
    // Another worker that finds nobody there may not take it for the end.
    await look(6);
    expect(await isDone()).toBe(false);
    indexIsBehind = false;
    await look(11);
    expect([await isDone(), await stateOf('new')]).toEqual([true, 'unmapped']);
    expect(await pipeline.users.get('ada-lovelace')).toMatchObject({ userId: 'ada-lovelace' });
  });

  test('has none when a newer erasure takes its events just before it would come back', async () => {
    await arrives(track('old', '10:00:00'));
    pipeline.clock.now += 60_000;
    await arrives(track('new', '12:00:30'));
    indexIsBehind = true;
    await pipeline.webhook(deletion);
    await look();
    indexIsBehind = false;
    const { erasing, clock, client } = pipeline;
    const newer = erasureIdOf('ada-lovelace', Date.parse(`${DAY}T12:01:00Z`));
    let isFirst = true;
    client.middlewareStack.add(
      (next) => async (args) => {
        if (isFirst && JSON.stringify(args.input).includes('"ConditionCheck"')) {
          isFirst = false;
          await pipeline.webhook({ ...deletion, timestamp: `${DAY}T12:01:00Z` });
          const work = () => eraseUser({ ...erasing, now: () => clock.now }, newer, Infinity);
          expect(await work()).toBe('waiting');
          clock.now += 11 * 60_000;
          expect(await work()).toBe('finished');
        }
        return await next(args);
      },
      { step: 'initialize', name: 'overtake' },
    );
    await look(11).finally(() => client.middlewareStack.remove('overtake'));
    expect(isFirst).toBe(false);
    expect(await stateOf('new')).toBe('erased');
    expect(await pipeline.users.get('ada-lovelace')).toBeUndefined();
    await look(11);
    expect(await isDone()).toBe(true);
    expect(await pipeline.users.get('ada-lovelace')).toBeUndefined();
  });

  test.each([
    ['its user', '"u#=ada-lovelace"},"sk":{"S":"n"'],
    ['what Engage said of it', '"u#=ada-lovelace"},"sk":{"S":"engage"'],
  ])('keeps %s when a worker that had read the old one was overtaken', async (_, key) => {
    await arrives(enters('old', '10:00:00'));
    await pipeline.webhook(deletion);
    const { erasing, clock, client } = pipeline;
    const id = erasureIdOf('ada-lovelace', BOUNDARY);
    const work = () => eraseUser({ ...erasing, now: () => clock.now }, id, Infinity);
    let isFirst = true;
    client.middlewareStack.add(
      (next) => async (args) => {
        const text = JSON.stringify(args.input);
        const takesAway = text.includes('"TransactItems"') && text.includes('"Delete"') && text.includes(key);
        if (takesAway && isFirst) {
          isFirst = false;
          expect(await work()).toBe('waiting');
          clock.now += 60_000;
          await arrives([identify('new', '12:01:00', TRAITS), enters('new', '12:01:00')]);
        }
        return await next(args);
      },
      { step: 'initialize', name: 'overtake' },
    );
    await work().finally(() => client.middlewareStack.remove('overtake'));
    expect(isFirst).toBe(false);
    const profile = { name: { value: 'Ada' }, billingId: { value: 'cus_1' } };
    for (const minutes of [0, 11]) {
      await look(minutes);
      expect(await pipeline.users.get('ada-lovelace')).toMatchObject({ profile });
      const engage = await readEngage(client, pipeline.tables.users, [keyPartOf('ada-lovelace')]);
      expect([...engage.values()].flatMap(({ audiences }) => [...audiences.keys()])).toEqual(['new']);
    }
    expect(await isDone()).toBe(true);
  });
});
