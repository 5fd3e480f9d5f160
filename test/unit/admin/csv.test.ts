import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textCell, toCsv } from '../../../functions/admin/csv.ts';

test.each([
  ['plain', 'plain'],
  ['', ''],
  ['a,b', '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"'],
])('%j is written as %j', (text, cell) => {
  expect(textCell(text)).toBe(cell);
});

test('no text becomes a formula, and every text can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const cell = textCell(text);
      const value = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
      expect(value).not.toMatch(/^[=+\-@\t\r]/);
      expect(value === text || value === `'${text}`).toBe(true);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('every line ends as RFC 4180 wants', () => {
  expect(
    toCsv([
      ['a', 'b'],
      ['1', '2'],
    ]),
  ).toBe('a,b\r\n1,2\r\n');
});
