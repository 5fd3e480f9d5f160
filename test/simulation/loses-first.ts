import type { Scene } from './play.ts';

/** Calls that fail after a lost reply: whoever asks twice whether a change was made is not told. */
const AWAY_CALLS = 2;

/**
 * A store that carries out the first calls of a place, loses their replies, and is away for the next calls after each: what was
 * asked for is made, and answered with 503.
 */
export const losesFirst = (place: RegExp, calls: number): NonNullable<Scene['failing']> => {
  let left = calls;
  let away = 0;
  return ({ number, path }) => {
    if (number === 1) [left, away] = [calls, 0];
    if (away > 0 && path.includes('functions/admin/routes')) {
      away -= 1;
      return 'fail before';
    }
    if (left === 0 || !place.test(path)) return undefined;
    left -= 1;
    away = AWAY_CALLS;
    return 'lose reply';
  };
};
