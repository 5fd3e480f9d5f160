import { describe, expect, test } from '@jest/globals';
import { interleave } from '../../../bench/interleave.ts';
import { figureOf, quantile, ratioOfTurns } from '../../../bench/spread.ts';

describe('a figure of repeated measurements', () => {
  test('is their median, with the width of their middle half', () => {
    expect(figureOf([9, 1, 5, 3, 7])).toEqual({ median: 5, spread: 4 });
  });

  test('between two samples is between them', () => {
    expect(quantile([10, 20], 0.25)).toBe(12.5);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('is a ratio of each turn, so that a slow turn of both sides changes nothing', () => {
    const ours = [10, 100, 10, 10, 10];
    const theirs = [20, 200, 20, 20, 20];
    expect(ratioOfTurns(ours, theirs)).toEqual({ median: 0.5, spread: 0 });
  });

  test('is none where a side has no sample for a turn', () => {
    expect(ratioOfTurns([1], []).median).toBeNaN();
  });
});

describe('turns', () => {
  test('alternate, and keep the samples of each side in the order of the turns', async () => {
    const order: string[] = [];
    const side = (name: string) => (turn: number) => {
      order.push(name);
      return Promise.resolve(`${name}${turn}`);
    };
    const samples = await interleave(side('a'), side('b'), () => undefined, 3);
    expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
    expect(samples).toEqual({ ours: ['a0', 'a1', 'a2'], theirs: ['b0', 'b1', 'b2'] });
  });
});
