import type { PastChange } from '../core/revise-mapped.ts';
import { N, readN, readOneOf, readS, readText, S, T, type Item } from './attributes.ts';

// A change of a rule that also changes the past, as an item of the Config table. It is written in the transaction that
// changes the rule, so that one never happens without the other, and it stays: it says who changed which past, and when.

export interface PastChangeRecord extends PastChange {
  /** The change, as a sentence. */
  readonly cause: string;
  readonly at: number;
  readonly by: string;
  /** By which change it was made. */
  readonly changeId: string;
}

export const PAST_PK = 'past';
/** Sorts like the generations. */
export const pastSk = (generation: number): string => String(generation).padStart(10, '0');

export function toPastItem(change: PastChangeRecord): Item {
  return {
    pk: S(PAST_PK),
    sk: S(pastSk(change.generation)),
    k: S(change.kind),
    ru: S(change.ruleId),
    v: N(change.belowVersion),
    c: T(change.cause),
    at: N(change.at),
    by: S(change.by),
    ch: S(change.changeId),
  };
}

export function fromPastItem(item: Item): PastChangeRecord {
  return {
    kind: readOneOf(item, 'k', ['revert', 'recount']),
    ruleId: readS(item, 'ru'),
    belowVersion: readN(item, 'v'),
    generation: Number(readS(item, 'sk')),
    cause: readText(item, 'c'),
    at: readN(item, 'at'),
    by: readS(item, 'by'),
    changeId: readS(item, 'ch'),
  };
}
