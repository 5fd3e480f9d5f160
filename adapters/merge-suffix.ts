import { digitsOf, type AskedChange } from './asked-change.ts';

/** What tells merges of one millisecond apart; the same in every attempt. */
export const mergeSuffixOf = (asked: AskedChange): string => digitsOf(asked, 16);
