import { expect, test } from '@jest/globals';
import { groupedDecimal } from '../../../dashboard/parts/grouped-decimal.ts';

test.each([
  ['0', '0'],
  ['1342', '1,342'],
  ['-1342.50', '-1,342.50'],
  ['-0.5', '-0.5'],
  ['999999999999999.123456', '999,999,999,999,999.123456'],
])('%s is shown as %s, with every digit', (decimal, shown) => {
  expect(groupedDecimal(decimal)).toBe(shown);
});

test('what is no decimal is shown as it is', () => {
  expect(groupedDecimal('1e5')).toBe('1e5');
});
