import { arrayElementSlices, memberSlice, skipWhitespace } from './json-slices.ts';

// The digits that the sender wrote for a number. JSON.parse turns 123456789012345.123456 into the nearest double; this
// goes back to the text and reads the literal where the value came from.

const OPEN_BRACKET = '[';
const OPEN_BRACE = '{';
const NUMBER_START = /[-0-9]/;
const ARRAY_INDEX = /^(?:0|[1-9]\d*)$/;

/**
 * The literal of the number at `path` in a text that JSON.parse accepts; of duplicate keys the last counts, as there.
 * Undefined when there is nothing at the path, or no number.
 */
export function numberSourceAt(text: string, path: readonly (string | number)[]): string | undefined {
  let start = skipWhitespace(text, 0);
  let end = text.trimEnd().length;
  for (const step of path) {
    const slice = sliceAt(text, start, step);
    if (slice === undefined) return undefined;
    ({ start, end } = slice);
  }
  return NUMBER_START.test(text.charAt(start)) ? text.slice(start, end) : undefined;
}

function sliceAt(
  text: string,
  start: number,
  step: string | number,
): { start: number; end: number } | undefined {
  const first = text.charAt(start);
  if (first === OPEN_BRACE) return memberSlice(text, String(step), start);
  if (first === OPEN_BRACKET && ARRAY_INDEX.test(String(step)))
    return arrayElementSlices(text, start)[Number(step)];
  return undefined;
}
