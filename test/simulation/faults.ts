import type { Random } from './random.ts';

// The fault model. At every AWS call of a function, one of these may happen:
//
//   refuse          the request never arrives: the connection is reset
//   error           DynamoDB or SQS answers 500 and has done nothing
//   lose reply      it is carried out, and the reply is lost
//   zombie          the caller gives up after its time-out (4 s), and the request is carried out at any time later
//   throttle        ThrottlingException; in a transaction also as the reason of one item; of a batch a part is unread
//   conflict        TransactionConflictException, or the reason TransactionConflict of one item
//   delay           the call takes up to 3.9 s, while everybody else goes on
//   freeze          the reply has come, and the container stands still for up to 90 s: messages become visible again, and
//                   the function may be cut off at its time-out when it wakes up
//   crash before    the container is gone, and the request never left. Of its other requests under way some arrive
//   crash after     the container is gone directly after the request was carried out
//   part refused    SQS takes only some entries of a batch
//
// and, at any time: an outage, in which most or all calls, or those for some keys alone, fail for seconds or minutes; somebody changes a rule just when a
// worker has decided and not yet committed; an invocation is so slow that others begin and end between two of its calls;
// messages are delivered twice, in any order and again after their deletion; the answer of a function is lost, so that
// nothing of its batch is deleted; a trigger of the Config stream comes late, again, or never; a tick of the timer is lost; a
// deployment replaces all containers; the by-user index lags; reads that are not consistent are up to two seconds old;
// batches and pages of queries are read piece by piece. What never happens, because AWS promises it: an
// acknowledged write is forgotten, a consistent read misses one, half of a transaction is carried out, a message that was
// never deleted disappears. A loss of that kind is tested by the mutants instead.

export const CALL_FAULTS = [
  'refuse',
  'error',
  'lose reply',
  'zombie',
  'throttle',
  'conflict',
  'delay',
  'freeze',
  'crash before',
  'crash after',
  'part refused',
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

export interface Outage {
  /** The share of calls that fail. */
  readonly share: number;
  /** Only calls whose request holds this text: some keys live elsewhere than others. */
  readonly keys: string;
}

/** Everything; then the keys of events, of parts of bodies (which few calls name), groups, rows of a name, users, tasks. */
export const OUTAGE_KEYS = ['', '', '"e#', '"b#', '"b#', '"b#', '"inbox#', '"n#', '"u#', '"job#'] as const;

const RATES = [0, 0.01, 0.03, 0.08, 0.2];

/** Which faults a run has, and how often: most runs have only some, so that rare combinations get their turn. */
export class Faults {
  /** How often each happened, to show that a run was not idle. */
  readonly counts = new Map<string, number>();
  private readonly random: Random;
  private readonly enabled: readonly CallFault[];
  private readonly rate: number;
  private readonly duplicateRate: number;
  private readonly lossRate: number;
  private readonly slowestMs: number;
  private readonly ambushRate: number;
  private outage: Outage | undefined;
  private healed = false;

  constructor(random: Random) {
    this.random = random;
    this.enabled = CALL_FAULTS.filter(() => random.chance(0.6));
    this.rate = random.pick(RATES);
    this.duplicateRate = random.pick([0, 0, 0.05, 0.2]);
    this.slowestMs = random.pick([0, 1_000, 6_000, 20_000]);
    this.ambushRate = random.pick([0, 0.1, 0.5]);
    this.lossRate = random.pick([0, 0.2, 0.6]);
  }

  /** How slow the next invocation is: most are not, some take seconds for every call while the rest of the world goes on. */
  slowMs(): number {
    return this.healed ? 0 : this.random.pick([0, 0, 0, 0, 300, this.slowestMs]);
  }

  /**
   * Whether somebody changes a rule just now, while this call waits, and how many calls of the sweep that follows it waits
   * for: each step of the sweep is met by commits.
   */
  ambush(operation: string): number | undefined {
    if (this.healed || operation !== 'TransactWriteItems' || !this.random.chance(this.ambushRate))
      return undefined;
    this.counted('ambush');
    // A revert is met in its plan, in its scan, or when it is over.
    return this.random.below(this.random.pick([60, 60, 300]));
  }

  /** From now on everything works. */
  heal(): void {
    this.healed = true;
  }

  /** From now on, whatever else the run has; undefined: that was it. */
  setOutage(outage: Outage | undefined): void {
    this.outage = outage;
  }

  atCall(request: () => string): CallFault | undefined {
    const { share = 0, keys = '' } = this.outage ?? {};
    if (!this.healed && this.random.chance(share) && request().includes(keys)) {
      this.counted('outage');
      return this.random.pick(['refuse', 'error', 'throttle']);
    }
    if (this.healed || this.enabled.length === 0 || !this.random.chance(this.rate)) return undefined;
    return this.counted(this.random.pick(this.enabled));
  }

  /** A delivery that a standard queue may repeat. */
  readonly duplicates = (): number => (this.healed ? 0 : this.duplicateRate);

  happens(what: 'answer lost' | 'trigger lost' | 'trigger repeated' | 'tick lost'): boolean {
    const rate = what === 'answer lost' || what === 'trigger repeated' ? this.duplicateRate : this.lossRate;
    if (this.healed || !this.random.chance(rate)) return false;
    this.counted(what);
    return true;
  }

  private counted<Word extends string>(what: Word): Word {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    return what;
  }
}
