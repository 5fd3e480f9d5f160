const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** Generated ids: a prefix that says of what or by whom, then what differs each time. */
const ID = /^(rul_|key_|job_|node-next-)/;

/** Fields that hold a measured speed. */
const SPEEDS: readonly string[] = ['rate'];

/**
 * Whether two JSON values say the same, apart from what differs at every run: times, generated ids and speeds need only be
 * times, ids of the same kind, and positive numbers.
 */
export function isSameShape(shown: unknown, actual: unknown): boolean {
  if (typeof shown === 'string' && typeof actual === 'string') {
    if (TIME.test(shown)) return TIME.test(actual);
    const prefix = ID.exec(shown)?.[0];
    return prefix === undefined ? shown === actual : actual.startsWith(prefix);
  }
  if (Array.isArray(shown) && Array.isArray(actual)) {
    return shown.length === actual.length && shown.every((value, index) => isSameShape(value, actual[index]));
  }
  if (isObject(shown) && isObject(actual)) {
    const keys = Object.keys(shown);
    return (
      keys.length === Object.keys(actual).length &&
      keys.every(
        (key) =>
          key in actual &&
          (SPEEDS.includes(key) ? isPositive(actual[key]) : isSameShape(shown[key], actual[key])),
      )
    );
  }
  return shown === actual;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0;
