import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkGlob, compileGlob } from '../../core/mapping/glob.ts';
import { foldCase } from '../../core/mapping/letter-case.ts';
import { RULE_LIMITS } from '../../core/mapping/limits.ts';
import { EVENT_FIELDS, parsePath, pathToText, type PathSegment } from '../../core/mapping/path.ts';
import { characterCount, utf8Length } from '../../core/mapping/text-length.ts';

// What the language does with texts: patterns, letter case, lengths, paths.

const anyText = fc.string({ unit: 'binary', maxLength: 12 });

/** The textbook definition, exponential and obviously right. */
function globByTrying(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') {
    return globByTrying(rest, text) || (text.length > 0 && globByTrying(pattern, text.slice(1)));
  }
  const [char, ...more] = text;
  return char !== undefined && (first === '?' || first === char) && globByTrying(rest, more);
}

describe('a glob', () => {
  const letter = fc.constantFrom('a', 'b', '😀');
  const pattern = fc.array(fc.oneof(letter, fc.constantFrom('*', '?')), { maxLength: 8 });
  const text = fc.array(letter, { maxLength: 8 });

  test('matches what its textbook definition matches', () => {
    fc.assert(
      fc.property(pattern, text, (tokens, chars) => {
        expect(compileGlob(tokens.join(''), false)(chars.join(''))).toBe(globByTrying(tokens, chars));
      }),
      { numRuns: 5_000 },
    );
  });

  test('of more than 32 characters matches in the same way', () => {
    const long = fc.array(fc.oneof(letter, fc.constantFrom('*', '?')), { minLength: 33, maxLength: 70 });
    fc.assert(
      fc.property(long, (tokens) => {
        const fitting = tokens.filter((token) => token !== '*').map((token) => (token === '?' ? 'b' : token));
        const glob = compileGlob(tokens.join(''), false);
        expect(glob(fitting.join(''))).toBe(true);
        for (const text of [fitting.slice(1), [...fitting, 'c'], fitting.toReversed()]) {
          expect(glob(text.join(''))).toBe(globBySets(tokens, text));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('costs a bounded number of steps per character, for every pattern', () => {
    const words = Math.ceil((RULE_LIMITS.globLengthMax + 1) / 32);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('*', '?', 'a', '[ab]', 'b'), { maxLength: 60 }),
        fc.nat(2_000),
        (tokens, length) => {
          const meter = { steps: 0 };
          compileGlob(tokens.join(''), false)('a'.repeat(length), meter);
          expect(meter.steps).toBeLessThanOrEqual(length * words);
        },
      ),
    );
  });

  test('that would make a backtracking matcher run for ages takes a step per character', () => {
    const meter = { steps: 0 };
    const matches = compileGlob('*a*a*a*a*a*a*a*a*a*a*a*b', false);
    expect(matches('a'.repeat(100_000), meter)).toBe(false);
    expect(meter.steps).toBe(100_000);
  });

  test('is refused with a sentence or compiles, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('[', ']', '-', '\\', '!', '*', 'a', 'z'), maxLength: 8 }),
        anyText,
        (written, candidate) => {
          const problem = checkGlob(written);
          if (problem === undefined) expect(typeof compileGlob(written, true)(candidate)).toBe('boolean');
          else expect([problem.length > 10, compileGlob(written, false)(candidate)]).toEqual([true, false]);
        },
      ),
    );
  });
});

/** All places in the pattern that can be reached, as plain sets: for patterns too long for the textbook. */
function globBySets(pattern: readonly string[], text: readonly string[]): boolean {
  let states = new Set([0]);
  const closed = (from: ReadonlySet<number>): Set<number> => {
    const all = new Set(from);
    for (const state of all) if (pattern[state] === '*') all.add(state + 1);
    return all;
  };
  states = closed(states);
  for (const char of text) {
    const next = new Set<number>();
    for (const state of states) {
      const token = pattern[state];
      if (token === '*') next.add(state);
      else if (token === '?' || token === char) next.add(state + 1);
    }
    states = closed(next);
  }
  return states.has(pattern.length);
}

describe('letter case', () => {
  test('folds a whole as it folds its parts, so that contains and starts_with can rely on it', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'Σ', 'σ', 'ς', 'ß', 'İ', 'ı', 'K', 'ŉ', 'ﬁ', '😀', ' '),
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.oneof(letters, anyText), fc.oneof(letters, anyText), (a, b) => {
        // A pair of surrogates that only meets in the middle is a new character.
        fc.pre((a + b).isWellFormed() && a.isWellFormed());
        expect(foldCase(a + b)).toBe(foldCase(a) + foldCase(b));
      }),
      { numRuns: 3_000 },
    );
  });

  test('makes equal what differs only in case, and nothing more happens on a second pass', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(foldCase(foldCase(text))).toBe(foldCase(text));
        expect(foldCase(text.toUpperCase())).toBe(foldCase(text));
      }),
    );
  });
});

describe('length', () => {
  test('is that of the code points and of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(characterCount(text)).toBe(Array.from(text).length);
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });

  test('counts lone surrogates like the character that replaces them', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\ud83d', '\ude00', 'a', 'é'), { maxLength: 8 }), (units) => {
        const text = units.join('');
        expect(characterCount(text)).toBe(Array.from(text).length);
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });
});

describe('a path', () => {
  const key = fc
    .oneof(
      anyText,
      fc.string({ unit: fc.constantFrom('.', '[', ']', '\\', ' ', 'a', '0', '\n'), maxLength: 5 }),
    )
    .filter((text) => text !== '');
  const segment: fc.Arbitrary<PathSegment> = fc.oneof(key, fc.nat(999_999), fc.constant(null));

  test('that is written from keys reads back as the same keys', () => {
    fc.assert(
      fc.property(fc.constantFrom(...EVENT_FIELDS), fc.array(segment, { maxLength: 6 }), (first, rest) => {
        const segments = [first, ...rest];
        expect(parsePath(pathToText(segments))).toEqual({
          ok: true,
          path: { segments, many: segments.includes(null) },
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test('is read or refused with a sentence, whatever is written', () => {
    const written = fc.string({
      unit: fc.constantFrom('.', '[', ']', '\\', ' ', 'a', '0', '-'),
      maxLength: 10,
    });
    fc.assert(
      fc.property(written, (text) => {
        const parsed = parsePath(`properties${text}`);
        if (parsed.ok) expect(parsePath(pathToText(parsed.path.segments))).toEqual(parsed);
        else expect(parsed.message).toMatch(/^[A-Z"].*\.$/s);
      }),
      { numRuns: 2_000 },
    );
  });
});
