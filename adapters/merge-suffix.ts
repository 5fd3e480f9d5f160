import { randomBytes } from 'node:crypto';

/** What tells merges of one millisecond apart. */
export const newMergeSuffix = (): string => randomBytes(8).toString('hex');
