import { hash, randomUUID } from 'node:crypto';

/** A change that somebody asked for: one, however many attempts it takes (idempotency-store.ts). */
export interface AskedChange {
  /** Random, and the same in every attempt: by it, an attempt recognises what one before it has made. */
  readonly id: string;
  /** When it was attempted first, in epoch milliseconds. What every attempt must name alike takes its time from here. */
  readonly at: number;
  /** Whether an attempt before this one may have made it. */
  readonly isRepeated: boolean;
}

/** One that nobody has asked for before, and that nobody can ask for again. */
export const newChange = (now: number): AskedChange => ({ id: randomUUID(), at: now, isRepeated: false });

/** So many hexadecimal digits for the id of what the change makes: the same in every attempt. */
export const digitsOf = ({ id }: AskedChange, count: number): string =>
  hash('sha256', id, 'hex').slice(0, count);
