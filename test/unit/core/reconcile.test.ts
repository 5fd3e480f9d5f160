import { expect, test } from '@jest/globals';
import { judgeRound } from '../../../core/reconcile.ts';
import { UsageLedger } from '../../../core/usage-ledger.ts';

const PLACE = { featureKey: '=exports', day: '2026-11-23' };
const TIME = Date.parse('2026-11-23T10:15:00Z');
const rows = (...deltas: readonly string[]) => {
  const ledger = new UsageLedger();
  for (const delta of deltas) ledger.count(PLACE, TIME, delta);
  return ledger.rows;
};
const NOTHING = new Map<string, never>();

test('an amount that is the same by accident, once, is not reported', () => {
  // Between the two readings one use was taken back and an equal one counted; of the events, both were read.
  const first = judgeRound({ before: rows('2'), expected: rows('2', '2'), after: rows('2') }, NOTHING);
  expect(first.confirmed).toEqual([]);
  expect(first.suspects.size).toBe(2);
  const second = judgeRound({ before: rows('2'), expected: rows('2'), after: rows('2') }, first.suspects);
  expect({ ...second, again: second.again.size, suspects: second.suspects.size }).toEqual({
    confirmed: [],
    suspects: 0,
    moving: 0,
    again: 0,
  });
});

test('an amount that is wrong twice in two ways is suspect still', () => {
  const first = judgeRound({ before: rows('2'), expected: rows('3'), after: rows('2') }, NOTHING);
  const second = judgeRound({ before: rows('2'), expected: rows('4'), after: rows('2') }, first.suspects);
  expect(second.confirmed).toEqual([]);
  expect(second.suspects.size).toBe(2);
});

test('an amount that is wrong twice in the same way is reported', () => {
  const round = { before: rows('2'), expected: rows('3'), after: rows('2') };
  const second = judgeRound(round, judgeRound(round, NOTHING).suspects);
  expect(second.confirmed.map(({ hour }) => hour)).toEqual([undefined, 10]);
  expect(second.again.size).toBe(0);
});

test('an amount that moved while the events were read is not reported, however often', () => {
  const round = { before: rows('2'), expected: rows('2', '1'), after: rows('2', '1') };
  const first = judgeRound(round, NOTHING);
  const second = judgeRound(round, first.suspects);
  expect([first, second].map(({ moving, suspects }) => [moving, suspects.size])).toEqual([
    [2, 0],
    [2, 0],
  ]);
  expect(second.confirmed).toEqual([]);
});
