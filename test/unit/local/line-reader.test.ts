import { expect, test } from '@jest/globals';
import { LineReader } from '../../../local/functions/line-reader.ts';

function linesOf(...chunks: string[]): string[] {
  const lines: string[] = [];
  const reader = new LineReader((line) => {
    lines.push(line);
  });
  for (const chunk of chunks) reader.read(chunk);
  reader.end();
  return lines;
}

test('lines come out whole, however they come in', () => {
  expect(linesOf('on', 'e\ntw', 'o\r\n', '\nlast')).toEqual(['one', 'two', '', 'last']);
});

test('a line that never ends is cut, so that it cannot fill the memory', () => {
  const lines = linesOf('x'.repeat(40_000));
  expect(lines.join('')).toBe('x'.repeat(40_000));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(16_384);
});
