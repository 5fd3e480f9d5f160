import type { Scene } from './play.ts';

/** A store that is away for the first calls of a place. */
export const failsFirst = (place: RegExp, calls: number): NonNullable<Scene['failing']> => {
  let left = calls;
  return ({ number, path }) => {
    if (number === 1) left = calls;
    if (left === 0 || !place.test(path)) return undefined;
    left -= 1;
    return 'fail before';
  };
};
