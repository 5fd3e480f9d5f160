import { describe, expect, test } from '@jest/globals';
import { beginningOf, plainText, visibleParts } from '../../../dashboard/parts/visible-text.ts';

describe('text that came from an event', () => {
  test.each([
    ['a right-to-left override', 'invoice\u202Efdp.exe', 'invoice[U+202E]fdp.exe'],
    ['an isolate that is never closed', '\u2066admin', '[U+2066]admin'],
    ['a zero-width space', 'pay\u200Bpal', 'pay[U+200B]pal'],
    ['a byte order mark', '\uFEFFid', '[U+FEFF]id'],
    ['a null character', 'a\u0000b', 'a[U+0000]b'],
    ['an escape sequence', '\u001B[31mred', '[U+001B][31mred'],
    ['a lone surrogate', 'a\uD800b', 'a[U+D800]b'],
    ['a tag character', 'x\u{E0041}y', 'x[U+E0041]y'],
    ['a line separator', 'a\u2028b', 'a[U+2028]b'],
  ])('cannot hide %s', (_what, text, shown) => {
    expect(plainText(text)).toBe(shown);
  });

  test.each(['<img src=x onerror=alert(1)>', 'Grüße 😀', '👩‍👩‍👧', 'שלום', 'line one\n\tline two'])(
    'stays as it is where nothing hides: %j',
    (text) => {
      expect(visibleParts(text)).toEqual([{ kind: 'text', text }]);
    },
  );

  test('is cut between characters, never within one', () => {
    expect(beginningOf('ab😀', 3)).toBe('ab');
    expect(beginningOf('ab😀', 4)).toBe('ab😀');
    expect(plainText('x'.repeat(300), 10)).toBe(`${'x'.repeat(10)}…`);
  });
});
