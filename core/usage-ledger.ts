import { fromMicros, toMicros } from './decimal.ts';
import { hourOfDay } from './timestamp.ts';

// Usage as rows of amounts, exactly, to compare what is stored with what the events say. A row is a UTC day of a feature, of
// one user id or of everybody; its amounts are the total and the hours.

export interface RowPlace {
  /** The key part of the userId; absent for everybody. */
  readonly userKey?: string;
  readonly featureKey: string;
  /** `YYYY-MM-DD` */
  readonly day: string;
}

export interface LedgerRow extends RowPlace {
  /** By hour, and under `total`. An amount that is not there is nothing. */
  readonly amounts: Map<AmountName, Amount>;
}

export type AmountName = number | 'total';

export interface Amount {
  /** Millionths; undefined for a stored number that no usage can add up to. */
  readonly micros: bigint | undefined;
  readonly count: number;
}

export const NOTHING: Amount = { micros: 0n, count: 0 };

export const ledgerKey = ({ userKey, featureKey, day }: RowPlace): string =>
  JSON.stringify([userKey ?? null, featureKey, day]);

export class UsageLedger {
  readonly rows = new Map<string, LedgerRow>();

  /** The row, made when it is not there yet. */
  row(place: RowPlace): LedgerRow {
    const key = ledgerKey(place);
    const known = this.rows.get(key);
    if (known !== undefined) return known;
    const row: LedgerRow = { ...place, amounts: new Map() };
    this.rows.set(key, row);
    return row;
  }

  /** Counts one use of one event in this row, whose day is that of the time. */
  count(place: RowPlace, time: number, delta: string): void {
    const row = this.row(place);
    for (const name of ['total', hourOfDay(time)] as const)
      add(row, name, { micros: toMicros(delta), count: 1 });
  }
}

/** Adds an amount to a row: the rows of everybody are stored in parts. */
export function add(row: LedgerRow, name: AmountName, by: Amount): void {
  const before = row.amounts.get(name) ?? NOTHING;
  const micros =
    before.micros === undefined || by.micros === undefined ? undefined : before.micros + by.micros;
  row.amounts.set(name, { micros, count: before.count + by.count });
}

export const sameAmount = (left: Amount = NOTHING, right: Amount = NOTHING): boolean =>
  left.micros !== undefined && left.micros === right.micros && left.count === right.count;

/** The amounts in which two versions of a row differ. */
export function differingAmounts(left: LedgerRow | undefined, right: LedgerRow | undefined): AmountName[] {
  const names = new Set([...(left?.amounts.keys() ?? []), ...(right?.amounts.keys() ?? [])]);
  return [...names].filter((name) => !sameAmount(left?.amounts.get(name), right?.amounts.get(name)));
}

/** For a person: a number that cannot be read is shown as such. */
export const toAnswerAmount = ({ micros, count }: Amount = NOTHING): { sum: string; count: number } => ({
  sum: sumOf(micros),
  count: Number.isFinite(count) ? count : 0,
});

function sumOf(micros: bigint | undefined): string {
  try {
    return micros === undefined ? UNREADABLE : fromMicros(micros);
  } catch {
    return UNREADABLE; // shards that somebody wrote by hand, which together are more than a number holds
  }
}
const UNREADABLE = 'unreadable';
