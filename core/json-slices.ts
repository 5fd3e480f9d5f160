// Where the parts of a JSON text begin and end, without building values. It lets an event keep the exact text its
// sender wrote (integers above 2^53, duplicate keys, key order), of which JSON.parse keeps only a reading, and lets a
// signature over the first element of an array be checked on the bytes that were signed.
//
// The scanner trusts that JSON.parse has accepted the text: it counts brackets and skips strings, and checks nothing
// else. It holds a depth, not a stack, so a million levels cost what their characters cost. On other text it throws or
// returns nonsense, and always ends.

export interface JsonSlice {
  readonly start: number;
  /** Exclusive, as in `text.slice(start, end)`. */
  readonly end: number;
}

export interface JsonMemberSlice extends JsonSlice {
  /** Decoded: escapes are resolved. */
  readonly key: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** The elements of the array that starts at `start`, or after white space there, in order. */
export function arrayElementSlices(text: string, start = 0): JsonSlice[] {
  const slices: JsonSlice[] = [];
  let at = enter(text, start, OPEN_BRACKET);
  while (text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = valueEnd(text, at);
    slices.push({ start: at, end });
    at = nextItem(text, end);
  }
  return slices;
}

/** The first element of the array that a text begins with; undefined when it is no array or has no elements. */
export function firstElementSlice(text: string): JsonSlice | undefined {
  const open = skipWhitespace(text, 0);
  if (text.charCodeAt(open) !== OPEN_BRACKET) return undefined;
  const start = skipWhitespace(text, open + 1);
  return text.charCodeAt(start) === CLOSE_BRACKET ? undefined : { start, end: valueEnd(text, start) };
}

/** The values of the object that starts at `start`, or after white space there, in order; duplicate keys all appear. */
export function memberSlices(text: string, start = 0): JsonMemberSlice[] {
  const slices: JsonMemberSlice[] = [];
  let at = enter(text, start, OPEN_BRACE);
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    const keyEnd = stringEnd(text, at);
    const valueStart = skipColon(text, keyEnd);
    const end = valueEnd(text, valueStart);
    slices.push({ key: decodeKey(text, at, keyEnd), start: valueStart, end });
    at = nextItem(text, end);
  }
  return slices;
}

/** The value that JSON.parse gives the key: of duplicates the last. */
export function memberSlice(text: string, key: string, start = 0): JsonSlice | undefined {
  let found: JsonSlice | undefined;
  let at = enter(text, start, OPEN_BRACE);
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    const keyEnd = stringEnd(text, at);
    const valueStart = skipColon(text, keyEnd);
    const end = valueEnd(text, valueStart);
    if (decodeKey(text, at, keyEnd) === key) found = { start: valueStart, end };
    at = nextItem(text, end);
  }
  return found;
}

/** Where the value at `start`, or after white space there, begins. */
export function skipWhitespace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== NEWLINE && code !== RETURN && code !== TAB) return at;
    at++;
  }
}

const notAsPromised = (): Error => new Error('The scanner met text that is not the JSON it was promised.');

/** Past the opening bracket, at the first item or the closing bracket. */
function enter(text: string, start: number, open: number): number {
  const at = skipWhitespace(text, start);
  if (text.charCodeAt(at) !== open) throw notAsPromised();
  return skipWhitespace(text, at + 1);
}

/** From the end of an item to the next one, or to the closing bracket. */
function nextItem(text: string, end: number): number {
  const at = skipWhitespace(text, end);
  return text.charCodeAt(at) === COMMA ? skipWhitespace(text, at + 1) : at;
}

const skipColon = (text: string, keyEnd: number): number =>
  skipWhitespace(text, skipWhitespace(text, keyEnd) + 1);

function valueEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return stringEnd(text, start);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return containerEnd(text, start);
  return scalarEnd(text, start);
}

/** Brackets need not be told apart: in valid JSON the one that closes depth 0 is the partner. */
function containerEnd(text: string, start: number): number {
  const length = text.length;
  let depth = 1;
  let at = start + 1;
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      continue;
    }
    at++;
    // Outside strings nearly all is white space, digits and separators: one comparison disposes of them.
    if (code < OPEN_BRACKET) continue;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return at;
    }
  }
  throw notAsPromised();
}

function stringEnd(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at !== -1) {
    if (text.charCodeAt(at - 1) !== BACKSLASH || !isEscaped(text, at)) return at + 1;
    at = text.indexOf('"', at + 1);
  }
  throw notAsPromised();
}

/** An odd run of backslashes escapes what follows. The run ends at the latest at the string's opening quote. */
function isEscaped(text: string, at: number): boolean {
  let run = at - 1;
  while (text.charCodeAt(run) === BACKSLASH) run--;
  return (at - 1 - run) % 2 === 1;
}

/** Numbers and literals end where a separator, a closing bracket, white space or the text does. */
function scalarEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === COMMA || code === CLOSE_BRACKET || code === CLOSE_BRACE) break;
    at++;
  }
  // An empty value would let a caller's loop stand still.
  if (at === start) throw notAsPromised();
  return at;
}

function decodeKey(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes('\\') ? String(JSON.parse(text.slice(start, end))) : raw;
}
