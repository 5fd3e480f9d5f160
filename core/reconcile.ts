import {
  differingAmounts,
  ledgerKey,
  NOTHING,
  type Amount,
  type AmountName,
  type LedgerRow,
  type UsageLedger,
} from './usage-ledger.ts';

// Which stored amounts of usage are wrong, while events go on being counted.
//
// The rows are read before the events; those that differ from what the events say are read again after them. An event's
// state and its counters change in one transaction; so when an amount is the same before and after, nothing was counted in
// it in between, and what the events say must be equal to it. An amount that moved says nothing, and is looked at again.
// What is suspect must be suspect twice, with the same stored and the same expected amount: that leaves out the one case in
// which an amount is the same by accident, when as much was taken back as was counted just while it was read.

export interface Difference {
  readonly userKey?: string;
  readonly featureKey: string;
  readonly day: string;
  /** Absent: the total of the day. */
  readonly hour?: number;
  readonly stored: Amount | undefined;
  readonly expected: Amount | undefined;
}

export interface Round {
  /** Amounts that are wrong for certain. */
  readonly confirmed: readonly Difference[];
  /** Amounts that were wrong in this round and not yet in an earlier one, by name. */
  readonly suspects: ReadonlyMap<string, Difference>;
  /** How many amounts moved, so that nothing can be said about them. */
  readonly moving: number;
  /** The rows that have to be looked at again. */
  readonly again: ReadonlySet<string>;
}

type Rows = UsageLedger['rows'];

/** The rows in which the stored amounts, as read before, differ from the expected ones. */
export function differingRows(before: Rows, expected: Rows): LedgerRow[] {
  const rows = new Map([...expected, ...before]);
  return [...rows]
    .filter(([key]) => differingAmounts(before.get(key), expected.get(key)).length > 0)
    .map(([, row]) => row);
}

/**
 * `before` and `after` are the stored rows around the reading of the events, which gave `expected`; rows that do not differ
 * may be missing from `after`.
 */
export function judgeRound(
  { before, expected, after }: { readonly before: Rows; readonly expected: Rows; readonly after: Rows },
  earlier: ReadonlyMap<string, Difference>,
): Round {
  const confirmed: Difference[] = [];
  const suspects = new Map<string, Difference>();
  const again = new Set<string>();
  let moving = 0;
  for (const place of differingRows(before, expected)) {
    const key = ledgerKey(place);
    const [first, said, last] = [before.get(key), expected.get(key), after.get(key)];
    for (const name of differingAmounts(first, said)) {
      if (!isSteady(first, last, name)) {
        moving += 1;
        again.add(key);
        continue;
      }
      const difference = differenceOf(place, name, last, said);
      const id = `${key} ${String(name)}`;
      const known = earlier.get(id);
      if (known !== undefined && isSame(known, difference)) confirmed.push(difference);
      else {
        suspects.set(id, difference);
        again.add(key);
      }
    }
  }
  return { confirmed, suspects, moving, again };
}

/** A stored number that cannot be read is compared as such: it does not move. */
function isSteady(first: LedgerRow | undefined, last: LedgerRow | undefined, name: AmountName): boolean {
  return isEqual(first?.amounts.get(name), last?.amounts.get(name));
}

const isEqual = (left: Amount = NOTHING, right: Amount = NOTHING): boolean =>
  left.micros === right.micros && Object.is(left.count, right.count);

const isSame = (left: Difference, right: Difference): boolean =>
  isEqual(left.stored, right.stored) && isEqual(left.expected, right.expected);

function differenceOf(
  { userKey, featureKey, day }: LedgerRow,
  name: AmountName,
  stored: LedgerRow | undefined,
  expected: LedgerRow | undefined,
): Difference {
  return {
    ...(userKey !== undefined && { userKey }),
    featureKey,
    day,
    ...(name !== 'total' && { hour: name }),
    stored: stored?.amounts.get(name),
    expected: expected?.amounts.get(name),
  };
}
