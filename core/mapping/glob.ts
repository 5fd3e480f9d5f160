import { foldCase } from './letter-case.ts';

// Whole-string patterns: `*` any characters, `?` one, `[abc]` and `[a-z]` one of these, a backslash before a character
// that is meant literally. It is the pattern language of FQL's match().
//
// A pattern is a row of tokens with stars between them. While a text is read, a set of bits says how many tokens can
// have been used up: bit i is set when some way to split the text read so far uses exactly the first i tokens. One
// character moves all bits at once, so a match is one pass over the text whatever the pattern (Baeza-Yates and Gonnet's
// shift-and, with stars as loops). There is no backtracking that could explode.

/** Code points that a token takes, as ranges; undefined takes any one character. */
type Token = readonly (readonly [low: number, high: number])[] | undefined;

interface ParsedGlob {
  readonly tokens: readonly Token[];
  /** `starAt` has i: a star stands before token i (or, for the last i, at the end). */
  readonly starAt: ReadonlySet<number>;
}

/** Counts the work of a match, so that a test can show that it is linear. */
export interface GlobMeter {
  steps: number;
}

export type GlobMatcher = (text: string, meter?: GlobMeter) => boolean;

/** What is wrong with a pattern, as a sentence; undefined when nothing is. */
export function checkGlob(pattern: string): string | undefined {
  const parsed = parseGlob(pattern);
  return typeof parsed === 'string' ? parsed : undefined;
}

function parseGlob(pattern: string): ParsedGlob | string {
  const chars = Array.from(pattern);
  const tokens: Token[] = [];
  const starAt = new Set<number>();
  let at = 0;
  while (at < chars.length) {
    const char = chars[at] ?? '';
    at += 1;
    if (char === '*') starAt.add(tokens.length);
    else if (char === '?') tokens.push(undefined);
    else if (char === '[') {
      const parsed = parseClass(chars, at);
      if (typeof parsed === 'string') return parsed;
      tokens.push(parsed.ranges);
      at = parsed.end;
    } else if (char === '\\') {
      const escaped = chars[at];
      if (escaped === undefined) return 'A pattern cannot end with a backslash. Write \\\\ for a backslash.';
      tokens.push(literal(escaped));
      at += 1;
    } else tokens.push(literal(char));
  }
  return { tokens, starAt };
}

function literal(char: string): Token {
  const code = codeOf(char);
  return [[code, code]];
}

interface ParsedClass {
  readonly ranges: readonly (readonly [low: number, high: number])[];
  readonly end: number;
}

function parseClass(chars: readonly string[], start: number): ParsedClass | string {
  const unclosed = 'A [ in a pattern needs a ]. Write \\[ for a bracket.';
  const first = chars[start];
  if (first === '!' || first === '^') {
    return `A pattern has no "all but these characters". Write \\${first} where the character itself is meant.`;
  }
  const ranges: [low: number, high: number][] = [];
  let at = start;
  const readOne = (): number | undefined => {
    if (chars[at] === '\\') at += 1;
    const char = chars[at];
    at += 1;
    return char === undefined ? undefined : codeOf(char);
  };
  while (chars[at] !== ']') {
    const low = readOne();
    if (low === undefined) return unclosed;
    let high: number | undefined = low;
    if (chars[at] === '-' && chars[at + 1] !== ']') {
      at += 1;
      high = readOne();
      if (high === undefined) return unclosed;
      if (high < low) return 'A range in a pattern runs from the lower to the higher character, like [a-z].';
    }
    ranges.push([low, high]);
  }
  if (ranges.length === 0) return 'Empty brackets in a pattern match nothing. Write \\[ for a bracket.';
  return { ranges, end: at + 1 };
}

/** Compiles a pattern. A pattern that `checkGlob` refuses matches nothing. */
export function compileGlob(pattern: string, caseInsensitive: boolean): GlobMatcher {
  const parsed = parseGlob(pattern);
  if (typeof parsed === 'string') return () => false;
  return (caseInsensitive ? undefined : withoutTokens(parsed)) ?? bitParallel(parsed, caseInsensitive);
}

/** `abc`, `abc*`, `*abc` and `abc*def`, which are most patterns in practice, need no bits. */
function withoutTokens({ tokens, starAt }: ParsedGlob): GlobMatcher | undefined {
  let text = '';
  for (const token of tokens) {
    const [range] = token ?? [];
    if (token?.length !== 1 || range === undefined || range[0] !== range[1]) return undefined;
    text += String.fromCodePoint(range[0]);
  }
  const [star] = starAt;
  if (star === undefined) return (candidate) => candidate === text;
  if (starAt.size > 1) return undefined;
  const head = Array.from(text).slice(0, star).join('');
  const tail = text.slice(head.length);
  return (candidate) =>
    candidate.length >= text.length && candidate.startsWith(head) && candidate.endsWith(tail);
}

const BITS = 32;
const ASCII_SIZE = 128;
/** Masks of characters beyond ASCII that one pattern remembers. */
const REMEMBERED_MAX = 512;

function bitParallel({ tokens, starAt }: ParsedGlob, caseInsensitive: boolean): GlobMatcher {
  const words = Math.floor(tokens.length / BITS) + 1;
  const stars = new Uint32Array(words);
  for (const at of starAt) setBit(stars, at);
  const ascii: (Uint32Array | undefined)[] = new Array<Uint32Array | undefined>(ASCII_SIZE).fill(undefined);
  const beyond = new Map<number, Uint32Array>();

  const maskOf = (code: number): Uint32Array => {
    const known = code < ASCII_SIZE ? ascii[code] : beyond.get(code);
    if (known !== undefined) return known;
    const mask = new Uint32Array(words);
    for (const [at, token] of tokens.entries()) {
      if (takes(token, code, caseInsensitive)) setBit(mask, at);
    }
    if (code < ASCII_SIZE) ascii[code] = mask;
    else if (beyond.size < REMEMBERED_MAX) beyond.set(code, mask);
    return mask;
  };

  const used = new Uint32Array(words);
  return (text, meter) => {
    used.fill(0);
    used[0] = 1;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.codePointAt(at) ?? 0;
      if (code > 0xffff) at += 1;
      const mask = maskOf(code);
      if (meter !== undefined) meter.steps += words;
      let carry = 0;
      let alive = 0;
      for (let word = 0; word < words; word += 1) {
        const before = used[word] ?? 0;
        const moved = before & (mask[word] ?? 0);
        const after = ((moved << 1) | carry | (before & (stars[word] ?? 0))) >>> 0;
        carry = moved >>> (BITS - 1);
        alive |= after;
        used[word] = after;
      }
      if (alive === 0) return false;
    }
    return ((used[words - 1] ?? 0) & (1 << (tokens.length % BITS))) !== 0;
  };
}

function setBit(bits: Uint32Array, at: number): void {
  const word = Math.floor(at / BITS);
  bits[word] = (bits[word] ?? 0) | (1 << (at % BITS));
}

function takes(token: Token, code: number, caseInsensitive: boolean): boolean {
  if (token === undefined) return true;
  if (inRanges(token, code)) return true;
  if (!caseInsensitive) return false;
  const char = String.fromCodePoint(code);
  const folded = foldCase(char);
  return (
    inRanges(token, codeOfOne(char.toLowerCase())) ||
    inRanges(token, codeOfOne(char.toUpperCase())) ||
    token.some(([low, high]) => low === high && foldCase(String.fromCodePoint(low)) === folded)
  );
}

function inRanges(ranges: readonly (readonly [low: number, high: number])[], code: number): boolean {
  return ranges.some(([low, high]) => code >= low && code <= high);
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}

/** No code point where changing the case made several characters, as of ß. */
function codeOfOne(text: string): number {
  const code = codeOf(text);
  return String.fromCodePoint(code) === text ? code : -1;
}
