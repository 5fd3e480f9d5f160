import { randomBytes } from 'node:crypto';

/** `rul_` and 21 characters. The time is in front, so that rules are stored, and listed, in the order of their creation. */
export function newRuleId(now: number): string {
  return `rul_${now.toString(36).padStart(9, '0')}${randomBytes(6).toString('hex')}`;
}
