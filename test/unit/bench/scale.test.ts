import { expect, test } from '@jest/globals';
import {
  ceilingOf,
  demandsAt,
  eventsThroughOneItem,
  rampSeconds,
  utilisation,
  type Load,
} from '../../../bench/scale/model.ts';

const load: Load = {
  eventsPerRequest: 1,
  eventsPerInvocation: 50,
  ingestSeconds: 0.015,
  processSeconds: 0.05,
  eventsTableWrites: 3,
  usageTableWrites: 2,
  tableReads: 2,
  byUserIndexWrites: 1,
};
const shareOf = (rate: number, stage: RegExp, of = load): number => {
  const demand = demandsAt(rate, of).find((each) => stage.test(each.stage));
  if (demand === undefined) throw new Error('There is no such stage.');
  return utilisation(demand);
};

test('a table needs the units of an event times the rate', () => {
  expect(shareOf(10_000, /^Events table/)).toBeCloseTo((10_000 * 3) / 40_000);
  expect(shareOf(10_000, /^Events.byUser/)).toBeCloseTo(10_000 / 40_000);
});

test('an environment takes ten requests a second, however short they are', () => {
  const process = (10_000 / 50) * 0.05;
  expect(shareOf(10_000, /^account/)).toBeCloseTo((10_000 / 10 + process) / 1_000);
  const slow = { ...load, ingestSeconds: 0.2 };
  expect(shareOf(10_000, /^account/, slow)).toBeCloseTo((10_000 * 0.2 + process) / 1_000);
});

test('a row that every transaction wants takes one after the other', () => {
  expect(eventsThroughOneItem(49)).toBeCloseTo(49 / 0.02);
  expect(shareOf(19_600, /^one feature/)).toBeCloseTo(1);
  expect(shareOf(9_800, /^one event name/)).toBeCloseTo(1);
});

test('the ceiling is where the first stage has what it needs and no more', () => {
  const { eventsPerSecond, stage } = ceilingOf(load);
  const shares = demandsAt(eventsPerSecond, load).map(utilisation);
  expect(Math.max(...shares)).toBeCloseTo(1);
  expect(demandsAt(eventsPerSecond, load).find((each) => utilisation(each) > 0.999)?.stage).toBe(stage);
});

test('Lambda adds a thousand environments in ten seconds', () => {
  expect(rampSeconds(3_000)).toBe(30);
});
